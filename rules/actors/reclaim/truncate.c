/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Truncation: finds the folio under RCU, locks it, sees that it is still in
 * the page cache, unmaps it, takes it out under the i_pages lock and drops the
 * reference of the cache.  Under its lock a folio is in the slot exactly when
 * folio->mapping is set, which is what the kernel looks at.
 */
void truncate_inode_folio(struct address_space *mapping, struct folio *folio,
			  pte_t *ptep, spinlock_t *ptl)
{
	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	if (xas_load(&xas) != folio || !folio_try_get(folio)) {
		rcu_read_unlock();
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
	xa_lock_irq(&mapping->i_pages);
	xas_store(&xas, NULL);
	xa_unlock_irq(&mapping->i_pages);
	folio_put(folio);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}
