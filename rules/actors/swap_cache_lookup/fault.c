/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes a folio out of the swap cache.  The count of a swap entry is that
 * of the swap map: the page-table entry that has the swap entry owns one.
 */

/*
 * Another thread touches the address.  It has found the folio and has a
 * reference of its own; it maps the folio, frees the entry (before it maps, in
 * the kernel, but under the same locks) and takes the folio out of the swap
 * cache.  Then the address is unmapped, and a new page appears there, which is
 * swapped out to the same entry.
 * Read from do_swap_page(), delete_from_swap_cache(), add_to_swap_cache() and
 * try_to_unmap_one() (v6.12).
 */
void fault(struct address_space *mapping, struct folio *folio,
	   struct folio *newfolio, pte_t *ptep, spinlock_t *ptl, pte_t entry,
	   swp_entry_t swp)
{
	XA_STATE(xas, &mapping->i_pages, index);

	folio_lock(folio);
	if (!folio->flags.PG_swapcache || folio->swap.val != swp.val)
		goto out_page;
	spin_lock(ptl);
	if (!pte_same(ptep_get(ptep), entry)) {
		spin_unlock(ptl);
		goto out_page;
	}
	set_pte_at(mm, addr, ptep, folio);
	put_page(entry);
	xas_lock_irq(&xas);
	xas_store(&xas, NULL);
	folio->swap.val = 0;
	folio->flags.PG_swapcache = 0;
	xas_unlock_irq(&xas);
	folio_put(folio);
	spin_unlock(ptl);
	folio_unlock(folio);

	spin_lock(ptl);
	ptep_clear_flush(vma, addr, ptep);
	spin_unlock(ptl);
	folio_put(folio);

	spin_lock(ptl);
	set_pte_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);

	reuse(entry);
	folio_ref_add(newfolio, 1);
	xas_lock_irq(&xas);
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	get_page(entry);
	spin_lock(ptl);
	ptep_clear_flush(vma, addr, ptep);
	set_pte_at(mm, addr, ptep, entry);
	spin_unlock(ptl);
	folio_put(newfolio);
	return;
out_page:
	folio_unlock(folio);
	folio_put(folio);
	folio_put(newfolio);
}

/*
 * The folio is mapped by a child process as well, and when it is out of the swap
 * cache it is swapped out once more, to another entry.
 * Read from add_to_swap() and add_to_swap_cache() (v6.12).
 */
void swap_out_elsewhere(struct folio *folio)
{
	folio_lock(folio);
	if (!folio->flags.PG_swapcache) {
		folio->flags.PG_swapcache = 1;
		folio->swap.val = 4;
	}
	folio_unlock(folio);
	keep(folio);
}

/*
 * The address is unmapped: the entry is freed under the page-table lock alone.
 * Read from zap_pte_range() (v6.12).
 */
void zap(pte_t *ptep, spinlock_t *ptl, pte_t entry)
{
	spin_lock(ptl);
	if (pte_same(ptep_get(ptep), entry)) {
		pte_clear(mm, addr, ptep);
		put_page(entry);
	}
	spin_unlock(ptl);
}
