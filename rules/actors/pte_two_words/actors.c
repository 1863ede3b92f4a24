/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages_fast() turns interrupts off around its walk of the page
 * table; the function under review is the walk.
 */
void gup_fast(pte_t *ptep)
{
	local_irq_save(flags);
	subject();
	local_irq_restore(flags);
}

/*
 * Another CPU unmaps the page and maps a new one in its place: the entry is
 * emptied, the TLB flushed and the reference dropped before the new entry
 * appears.  Read from ptep_clear_flush() and do_wp_page() (v6.12).
 */
void replace_mapping(pte_t *ptep, spinlock_t *ptl, struct folio *folio,
		     struct folio *newfolio)
{
	spin_lock(ptl);
	ptep_clear_flush(vma, addr, ptep);
	folio_put(folio);
	set_pte_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);
}

/* The same where the entry is cleared without being read. */
void clear_and_map(pte_t *ptep, spinlock_t *ptl, struct folio *folio,
		   struct folio *newfolio)
{
	spin_lock(ptl);
	pte_clear(mm, addr, ptep);
	flush_tlb_page(vma, addr);
	folio_put(folio);
	set_pte_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);
}

/* Walks the scenario is tried on before it is believed. */
int walk_plain(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		return 0;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		return 0;
	if (pte_val(pte) != pte_val(*ptep)) {
		gup_put_folio(folio, 1, flags);
		return 0;
	}
	return 1;
}

int walk_lockless(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		return 0;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		return 0;
	if (pte_val(pte) != pte_val(ptep_get_lockless(ptep))) {
		gup_put_folio(folio, 1, flags);
		return 0;
	}
	return 1;
}

/* Broken on purpose: the first look takes the words as they come, and there
 * is no second one. */
int walk_torn(pte_t *ptep)
{
	pte_t pte;

	pte = ptep_get(ptep);
	if (!pte_present(pte))
		return 0;
	if (!try_grab_folio_fast(pte_page(pte), 1, flags))
		return 0;
	return 1;
}
