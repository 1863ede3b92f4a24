/* SPDX-License-Identifier: GPL-2.0-only */
/* The page allocator: the memory of the folio is given to somebody else. */
void allocator(struct folio *folio)
{
	reuse(folio);
}

/*
 * Reclaim: has isolated the folio (the reference it starts with), locks it,
 * sees that it is still in the page cache, unmaps it, and takes it out when
 * the count can be frozen.  Read from shrink_folio_list() and
 * remove_mapping() (v6.12).
 */
void reclaim_folio(struct address_space *mapping, struct folio *folio,
		   pte_t *ptep, spinlock_t *ptl)
{
	XA_STATE(xas, &mapping->i_pages, index);
	if (!folio_trylock(folio)) {
		folio_put(folio);
		return;
	}
	if (xas_load(&xas) != folio)
		goto keep;
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);
	spin_lock(&mapping->host->i_lock);
	xa_lock_irq(&mapping->i_pages);
	if (!folio_ref_freeze(folio, 2)) {
		xa_unlock_irq(&mapping->i_pages);
		spin_unlock(&mapping->host->i_lock);
		goto keep;
	}
	xas_store(&xas, NULL);
	xa_unlock_irq(&mapping->i_pages);
	spin_unlock(&mapping->host->i_lock);
	folio_ref_unfreeze(folio, 1);
keep:
	folio_unlock(folio);
	folio_put(folio);
}

/* Another truncation of the same range, or a hole that is punched there. */
void truncate_other(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	if (xas_load(&xas) != folio || !folio_try_get(folio)) {
		rcu_read_unlock();
		return;
	}
	if (xas_reload(&xas) != folio) {
		rcu_read_unlock();
		folio_put(folio);
		return;
	}
	rcu_read_unlock();
	folio_lock(folio);
	if (xas_load(&xas) == folio) {
		xa_lock_irq(&mapping->i_pages);
		xas_store(&xas, NULL);
		xa_unlock_irq(&mapping->i_pages);
		folio_put(folio);
	}
	folio_unlock(folio);
	folio_put(folio);
}

/* Broken on purpose: does not ask, once it has the lock, whether the folio is
 * still in the page cache. */
void truncate_other_no_recheck(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	if (xas_load(&xas) != folio || !folio_try_get(folio)) {
		rcu_read_unlock();
		return;
	}
	if (xas_reload(&xas) != folio) {
		rcu_read_unlock();
		folio_put(folio);
		return;
	}
	rcu_read_unlock();
	folio_lock(folio);
	xa_lock_irq(&mapping->i_pages);
	xas_store(&xas, NULL);
	xa_unlock_irq(&mapping->i_pages);
	folio_put(folio);
	folio_unlock(folio);
	folio_put(folio);
}
