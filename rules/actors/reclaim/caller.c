/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who calls the function under review: reclaim has isolated the folio (the
 * reference it starts with), locks it, sees that it is still in the page
 * cache, and unmaps it; the TLB is flushed later.  After a success the count
 * is still frozen and is thawed to one here.  shrink_folio_list() frees the
 * folio at a count of zero instead, which leaves the others less to do.
 * Read from shrink_folio_list() and remove_mapping() (v6.12).
 */
void remove_caller(struct address_space *mapping, struct folio *folio,
		   pte_t *ptep, spinlock_t *ptl)
{
	int rc;

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

	rc = subject();
	if (rc)
		folio_ref_unfreeze(folio, 1);
keep:
	folio_unlock(folio);
	folio_put(folio);
}

/* Broken on purpose: does without the lock of the folio. */
void remove_caller_unlocked(struct address_space *mapping, struct folio *folio,
			    pte_t *ptep, spinlock_t *ptl)
{
	int rc;

	XA_STATE(xas, &mapping->i_pages, index);
	if (xas_load(&xas) != folio)
		goto keep;
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);

	rc = subject();
	if (rc)
		folio_ref_unfreeze(folio, 1);
keep:
	folio_put(folio);
}
