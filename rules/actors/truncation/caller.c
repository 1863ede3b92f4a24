/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who calls the function under review: truncation has found the folio and has
 * a reference, locks it, sees that it is still in the page cache, and unmaps
 * it.  Under its lock a folio is in the slot exactly when folio->mapping is
 * set, which is what the kernel looks at.
 * Read from find_get_entries(), truncate_inode_pages_range(),
 * truncate_inode_folio() and truncate_cleanup_folio() (v6.12).
 */
void truncate_caller(struct address_space *mapping, struct folio *folio,
		     pte_t *ptep, spinlock_t *ptl)
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
	if (xas_load(&xas) != folio)
		goto unlock;
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);
	subject();
unlock:
	folio_unlock(folio);
	folio_put(folio);
}

/* Broken on purpose: does not ask, once it has the lock, whether the folio is
 * still in the page cache. */
void truncate_caller_no_recheck(struct address_space *mapping, struct folio *folio,
				pte_t *ptep, spinlock_t *ptl)
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
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);
	subject();
	folio_unlock(folio);
	folio_put(folio);
}

/* Broken on purpose: does without the lock of the folio. */
void truncate_caller_unlocked(struct address_space *mapping, struct folio *folio,
			      pte_t *ptep, spinlock_t *ptl)
{
	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	if (xas_load(&xas) != folio || !folio_try_get(folio)) {
		rcu_read_unlock();
		return;
	}
	rcu_read_unlock();
	if (xas_load(&xas) != folio)
		goto put;
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);
	subject();
put:
	folio_put(folio);
}
