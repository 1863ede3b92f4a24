/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages_fast(): interrupts are off around the walk of the page table.
 * The walk comes to the page of page-table entries through the PMD entry; the
 * function under review reads the entries in it.
 * Read from gup_fast() and gup_fast_pmd_range() (v6.12).
 */
typedef unsigned long pmd_t;

void gup_fast(pmd_t table, pmd_t *pmdp)
{
	local_irq_save(flags);
	if (pmdp_get_lockless(pmdp) == table)
		subject();
	local_irq_restore(flags);
}

/* Broken on purpose: nothing keeps the page table while it is walked. */
void gup_fast_irqs_on(pmd_t table, pmd_t *pmdp)
{
	if (pmdp_get_lockless(pmdp) == table)
		subject();
}

/*
 * Walks the scenario is tried on before it is believed.  The first makes the
 * steps of gup_fast_pte_range() (v6.12) for one entry.
 */
int walk(pmd_t table, pmd_t *pmdp, pte_t *ptep)
{
	int ret = 0;
	pte_t pte;
	struct folio *folio;

	if (!pte_offset_map(&table, addr))
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_access_permitted(pte, flags & FOLL_WRITE))
		goto unmap;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto unmap;
	if (pmd_val(table) != pmd_val(*pmdp) ||
	    pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto unmap;
	}
	ret = 1;
unmap:
	pte_unmap(ptep);
	return ret;
}

/* The same with the second looks in the other order. */
int walk_pte_first(pmd_t table, pmd_t *pmdp, pte_t *ptep)
{
	int ret = 0;
	pte_t pte;
	struct folio *folio;

	if (!pte_offset_map(&table, addr))
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_access_permitted(pte, flags & FOLL_WRITE))
		goto unmap;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto unmap;
	if (pte_val(pte) != pte_val(ptep_get(ptep)) ||
	    pmd_val(table) != pmd_val(*pmdp)) {
		gup_put_folio(folio, 1, flags);
		goto unmap;
	}
	ret = 1;
unmap:
	pte_unmap(ptep);
	return ret;
}

/* Broken on purpose: both second looks come before the reference. */
int walk_looks_early(pmd_t table, pmd_t *pmdp, pte_t *ptep)
{
	int ret = 0;
	pte_t pte;

	if (!pte_offset_map(&table, addr))
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_access_permitted(pte, flags & FOLL_WRITE))
		goto unmap;
	if (pmd_val(table) != pmd_val(*pmdp) ||
	    pte_val(pte) != pte_val(ptep_get(ptep)))
		goto unmap;
	if (try_grab_folio_fast(pte_page(pte), 1, flags))
		ret = 1;
unmap:
	pte_unmap(ptep);
	return ret;
}
