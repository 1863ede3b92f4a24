/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: collapse_file() of
 * v6.12, which compares the count and keeps the folio locked and out of reach;
 * collapse_file() of v6.1, which freezes it, both for a range of one slot; and
 * __collapse_huge_page_isolate() (v6.12) for one entry.  Each of the others
 * does one thing otherwise and must be found out.
 */
int collapse_compare(struct address_space *mapping, struct folio *folio,
		     struct folio *newfolio, int expected_count)
{
	int result;

	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio) {
		xas_unlock_irq(&xas);
		result = SCAN_FAIL;
		goto rollback;
	}
	if (!folio_trylock(folio)) {
		xas_unlock_irq(&xas);
		result = SCAN_PAGE_LOCK;
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio)) {
		result = SCAN_DEL_PAGE_LRU;
		goto unlock;
	}
	try_to_unmap(folio, flags);
	xas_lock_irq(&xas);
	if (folio_ref_count(folio) != expected_count) {
		xas_unlock_irq(&xas);
		result = SCAN_PAGE_COUNT;
		folio_putback_lru(folio);
		goto unlock;
	}
	xas_unlock_irq(&xas);
	try_to_unmap_flush();
	if (copy_mc_highpage(dst, src) > 0) {
		result = SCAN_COPY_MC;
		folio_putback_lru(folio);
		goto unlock;
	}
	xas_lock_irq(&xas);
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	retract_page_tables(mapping, index);
	folio_unlock(newfolio);
	folio->mapping = NULL;
	folio_unlock(folio);
	folio_put_refs(folio, 3);
	return SCAN_SUCCEED;
unlock:
	folio_unlock(folio);
	folio_put(folio);
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return result;
}

int collapse_freeze(struct address_space *mapping, struct folio *folio,
		    struct folio *newfolio, int expected_count)
{
	int result;

	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio) {
		xas_unlock_irq(&xas);
		result = SCAN_FAIL;
		goto rollback;
	}
	if (!folio_trylock(folio)) {
		xas_unlock_irq(&xas);
		result = SCAN_PAGE_LOCK;
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio)) {
		result = SCAN_DEL_PAGE_LRU;
		goto unlock;
	}
	try_to_unmap(folio, flags);
	xas_lock_irq(&xas);
	if (!page_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		result = SCAN_PAGE_COUNT;
		folio_put(folio);
		goto unlock;
	}
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	try_to_unmap_flush();
	if (copy_mc_highpage(dst, src) > 0) {
		result = SCAN_COPY_MC;
		xas_lock_irq(&xas);
		page_ref_unfreeze(folio, 2);
		xas_store(&xas, folio);
		xas_unlock_irq(&xas);
		goto unlock;
	}
	folio->mapping = NULL;
	page_ref_unfreeze(folio, 1);
	folio_unlock(folio);
	folio_put(folio);
	folio_unlock(newfolio);
	return SCAN_SUCCEED;
unlock:
	folio_unlock(folio);
	folio_put(folio);
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return result;
}

/* The count is looked at before the folio is unmapped. */
int collapse_asked_early(struct address_space *mapping, struct folio *folio,
			 struct folio *newfolio, int expected_count)
{
	int mapped;

	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio || !folio_trylock(folio)) {
		xas_unlock_irq(&xas);
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio))
		goto unlock;
	mapped = ptep_get(ptep) == folio;
	if (folio_ref_count(folio) - mapped != expected_count) {
		folio_put(folio);
		goto unlock;
	}
	try_to_unmap(folio, flags);
	try_to_unmap_flush();
	xas_lock_irq(&xas);
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	folio_unlock(newfolio);
	folio->mapping = NULL;
	folio_unlock(folio);
	folio_put_refs(folio, 3);
	return SCAN_SUCCEED;
unlock:
	folio_unlock(folio);
	folio_put(folio);
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return SCAN_FAIL;
}

/* The old folio is not told that it has left its mapping. */
int collapse_mapping_kept(struct address_space *mapping, struct folio *folio,
			  struct folio *newfolio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio || !folio_trylock(folio)) {
		xas_unlock_irq(&xas);
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio))
		goto unlock;
	try_to_unmap(folio, flags);
	xas_lock_irq(&xas);
	if (folio_ref_count(folio) != expected_count) {
		xas_unlock_irq(&xas);
		folio_put(folio);
		goto unlock;
	}
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	folio_unlock(newfolio);
	folio_unlock(folio);
	folio_put_refs(folio, 3);
	return SCAN_SUCCEED;
unlock:
	folio_unlock(folio);
	folio_put(folio);
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return SCAN_FAIL;
}

/* The old folio is not locked. */
int collapse_not_locked(struct address_space *mapping, struct folio *folio,
			struct folio *newfolio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio) {
		xas_unlock_irq(&xas);
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio)) {
		folio_put(folio);
		goto rollback;
	}
	try_to_unmap(folio, flags);
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio ||
	    folio_ref_count(folio) != expected_count) {
		xas_unlock_irq(&xas);
		folio_put_refs(folio, 2);
		goto rollback;
	}
	xas_store(&xas, newfolio);
	folio->mapping = NULL;
	xas_unlock_irq(&xas);
	folio_unlock(newfolio);
	folio_put_refs(folio, 3);
	return SCAN_SUCCEED;
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return SCAN_FAIL;
}

/* The count is compared and set as if it had been frozen. */
int collapse_no_freeze(struct address_space *mapping, struct folio *folio,
		       struct folio *newfolio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	__folio_set_locked(newfolio);
	newfolio->mapping = mapping;
	xas_lock_irq(&xas);
	if (xas_load(&xas) != folio || !folio_trylock(folio)) {
		xas_unlock_irq(&xas);
		goto rollback;
	}
	folio_get(folio);
	xas_unlock_irq(&xas);
	if (!folio_isolate_lru(folio))
		goto unlock;
	try_to_unmap(folio, flags);
	xas_lock_irq(&xas);
	if (folio_ref_count(folio) != expected_count) {
		xas_unlock_irq(&xas);
		folio_put(folio);
		goto unlock;
	}
	xas_store(&xas, newfolio);
	xas_unlock_irq(&xas);
	folio->mapping = NULL;
	page_ref_unfreeze(folio, 1);
	folio_unlock(folio);
	folio_put(folio);
	folio_unlock(newfolio);
	return SCAN_SUCCEED;
unlock:
	folio_unlock(folio);
	folio_put(folio);
rollback:
	newfolio->mapping = NULL;
	folio_unlock(newfolio);
	folio_put(newfolio);
	return SCAN_FAIL;
}

/* The anonymous side: `expected_count` is how often the folio is mapped. */
int isolate(struct folio *folio, int expected_count)
{
	if (ptep_get(ptep) != folio)
		return SCAN_PTE_NON_PRESENT;
	if (!folio_trylock(folio))
		return SCAN_PAGE_LOCK;
	if (folio_ref_count(folio) != expected_count) {
		folio_unlock(folio);
		return SCAN_PAGE_COUNT;
	}
	if (!folio_isolate_lru(folio)) {
		folio_unlock(folio);
		return SCAN_DEL_PAGE_LRU;
	}
	return SCAN_SUCCEED;
}

/* The count is not looked at. */
int isolate_unasked(struct folio *folio, int expected_count)
{
	if (ptep_get(ptep) != folio)
		return SCAN_PTE_NON_PRESENT;
	if (!folio_trylock(folio))
		return SCAN_PAGE_LOCK;
	if (!folio_isolate_lru(folio)) {
		folio_unlock(folio);
		return SCAN_DEL_PAGE_LRU;
	}
	return SCAN_SUCCEED;
}
