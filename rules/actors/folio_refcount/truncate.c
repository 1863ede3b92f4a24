/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Truncation: finds the folio under RCU, locks it, unmaps it, takes it out of
 * the page cache under the i_pages lock and drops the reference of the cache.
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
		set_pte_at(mm, addr, ptep, 0);
		flush_tlb_page(vma, addr);
		folio_put(folio);
	}
	spin_unlock(ptl);
	xas_lock_irq(&xas);
	xas_store(&xas, NULL);
	xas_unlock_irq(&xas);
	folio_put(folio);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}
