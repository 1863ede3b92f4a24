/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UFFDIO_MOVE takes a swap entry to another address: it finds the folio of the
 * entry in the swap cache without a lock, and then waits for the folio lock.
 * The function under review looks again what the folio is, and moves.
 * Read from move_pages_pte() (v6.12).
 */
struct folio *find_in_swap_cache(struct address_space *mapping, pgoff_t index)
{
	struct folio *found;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
repeat:
	found = xas_load(&xas);
	if (!found)
		goto out;
	if (!folio_try_get(found))
		goto repeat;
	if (found != xas_reload(&xas)) {
		folio_put(found);
		goto repeat;
	}
out:
	rcu_read_unlock();
	return found;
}

/* A folio other than the one the scenario follows is left alone. */
void move_pages(struct address_space *mapping, struct folio *folio, pte_t *ptep,
		spinlock_t *ptl, pte_t entry)
{
	struct folio *found;
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	spin_unlock(ptl);
	if (!pte_same(pte, entry))
		return;
	found = find_in_swap_cache(mapping, index);
	if (found != folio) {
		if (found)
			folio_put(found);
		return;
	}
	folio_lock(folio);
	subject();
	folio_unlock(folio);
	ghost->left = 1;
	folio_put(folio);
}

/* Broken on purpose: nothing keeps the folio in the swap cache. */
void move_pages_no_lock(struct address_space *mapping, struct folio *folio,
			pte_t *ptep, spinlock_t *ptl, pte_t entry)
{
	struct folio *found;
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	spin_unlock(ptl);
	if (!pte_same(pte, entry))
		return;
	found = find_in_swap_cache(mapping, index);
	if (found != folio) {
		if (found)
			folio_put(found);
		return;
	}
	subject();
	folio_put(folio);
	ghost->left = 1;
}

/* Broken on purpose: what the folio is was looked at before the lock. */
void move_pages_looks_early(struct address_space *mapping, struct folio *folio,
			    pte_t *ptep, spinlock_t *ptl, pte_t entry,
			    swp_entry_t swp)
{
	struct folio *found;
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	spin_unlock(ptl);
	if (!pte_same(pte, entry))
		return;
	found = find_in_swap_cache(mapping, index);
	if (found != folio) {
		if (found)
			folio_put(found);
		return;
	}
	if (folio->flags.PG_swapcache && folio->swap.val == swp.val) {
		folio_lock(folio);
		subject();
		folio_unlock(folio);
		ghost->left = 1;
	}
	folio_put(folio);
}

/*
 * What the scenario is tried on before it is believed.  The first makes the
 * steps of move_swap_pte() (v6.12).
 */
int move_entry(struct folio *folio, pte_t *ptep, spinlock_t *ptl, pte_t *dst,
	       spinlock_t *dst_ptl, pte_t entry, swp_entry_t swp)
{
	if (!folio->flags.PG_swapcache || swp.val != folio->swap.val)
		return -EAGAIN;
	spin_lock(dst_ptl);
	spin_lock_nested(ptl, SINGLE_DEPTH_NESTING);
	if (!pte_same(ptep_get(ptep), entry) || !pte_none(ptep_get(dst))) {
		spin_unlock(ptl);
		spin_unlock(dst_ptl);
		return -EAGAIN;
	}
	ptep_get_and_clear(mm, addr, ptep);
	set_pte_at(mm, addr, dst, entry);
	spin_unlock(ptl);
	spin_unlock(dst_ptl);
	return 0;
}

/* The same with the second look under the page-table locks, too. */
int move_entry_looks_late(struct folio *folio, pte_t *ptep, spinlock_t *ptl,
			  pte_t *dst, spinlock_t *dst_ptl, pte_t entry,
			  swp_entry_t swp)
{
	spin_lock(dst_ptl);
	spin_lock(ptl);
	if (!pte_same(ptep_get(ptep), entry) || !pte_none(ptep_get(dst)) ||
	    !folio->flags.PG_swapcache || swp.val != folio->swap.val) {
		spin_unlock(ptl);
		spin_unlock(dst_ptl);
		return -EAGAIN;
	}
	ptep_get_and_clear(mm, addr, ptep);
	set_pte_at(mm, addr, dst, entry);
	spin_unlock(ptl);
	spin_unlock(dst_ptl);
	return 0;
}

/* Broken on purpose: believes that the page-table entry says enough. */
int move_entry_no_look(struct folio *folio, pte_t *ptep, spinlock_t *ptl,
		       pte_t *dst, spinlock_t *dst_ptl, pte_t entry)
{
	spin_lock(dst_ptl);
	spin_lock(ptl);
	if (!pte_same(ptep_get(ptep), entry) || !pte_none(ptep_get(dst))) {
		spin_unlock(ptl);
		spin_unlock(dst_ptl);
		return -EAGAIN;
	}
	ptep_get_and_clear(mm, addr, ptep);
	set_pte_at(mm, addr, dst, entry);
	spin_unlock(ptl);
	spin_unlock(dst_ptl);
	return 0;
}

/* Broken on purpose: any entry of the swap cache will do. */
int move_entry_flag_only(struct folio *folio, pte_t *ptep, spinlock_t *ptl,
			 pte_t *dst, spinlock_t *dst_ptl, pte_t entry)
{
	if (!folio->flags.PG_swapcache)
		return -EAGAIN;
	return move_entry_no_look(folio, ptep, ptl, dst, dst_ptl, entry);
}
