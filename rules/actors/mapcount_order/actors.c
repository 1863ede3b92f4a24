/* SPDX-License-Identifier: GPL-2.0-only */
/* Who calls the function under review owns the folio, and goes on owning it. */
void owner(void)
{
	subject();
}

/* The same where the function under review wants the entry locked. */
void owner_with_ptl(spinlock_t *ptl)
{
	spin_lock(ptl);
	subject();
	spin_unlock(ptl);
}

/* Somebody uses the contents: a pin of get_user_pages(), which ends some time. */
void dma(struct folio *folio)
{
	folio_put(folio);
}

/*
 * Is every reference that of a mapping or of the owner?  Reads the mapcount
 * first: mappings that come meanwhile add to the count alone.  As khugepaged
 * asks (v6.12).
 */
bool is_refcount_suitable(struct folio *folio)
{
	int expected_refcount = folio_mapcount(folio);

	return folio_ref_count(folio) == expected_refcount + 2;
}

/* The same with the count first: mappings that go meanwhile take from the mapcount alone.  As memfd asks (v6.12). */
bool memfd_folio_has_extra_refs(struct folio *folio)
{
	return folio_ref_count(folio) - folio_mapcount(folio) != 2;
}

/* Somebody who has isolated the folio asks whether it is used elsewhere. */
void compare(struct folio *folio)
{
	if (is_refcount_suitable(folio))
		ghost->exclusive = 1;
	folio_put(folio);
}

void compare_refcount_first(struct folio *folio)
{
	if (!memfd_folio_has_extra_refs(folio))
		ghost->exclusive = 1;
	folio_put(folio);
}

/* As KSM asks in write_protect_page(): no mapping comes or goes meanwhile. */
void compare_under_ptl(struct folio *folio, spinlock_t *ptl)
{
	spin_lock(ptl);
	if (is_refcount_suitable(folio))
		ghost->exclusive = 1;
	spin_unlock(ptl);
	folio_put(folio);
}

/*
 * What a walk to the one entry comes to: it comes back with the lock of the
 * page table where the entry maps the folio, and without it where not.
 */
bool page_vma_mapped_walk(struct page_vma_mapped_walk *pvmw)
{
	spin_lock(ptl);
	if (pte_present(ptep_get(ptep)))
		return true;
	spin_unlock(ptl);
	return false;
}
