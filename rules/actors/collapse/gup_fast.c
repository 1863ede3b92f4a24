/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages_fast(): no lock, interrupts off, down from the PMD to the
 * entry of a page.  Both are looked at again once the reference is taken.
 * Read from gup_fast_pmd_range() and gup_fast_pte_range() (v6.12).
 */
void gup_fast_pte_range(unsigned long pmd, unsigned long *pmdp, pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	if (!pte_offset_map(pmd, addr))
		return;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto pte_unmap;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto pte_unmap;
	if (pmd_val(pmd) != pmd_val(*pmdp) ||
	    pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto pte_unmap;
	}
	keep(folio);
pte_unmap:
	pte_unmap(ptep);
}

void gup_fast(unsigned long *pmdp, pte_t *ptep, struct folio *table)
{
	unsigned long pmd;

	local_irq_save(flags);
	pmd = pmdp_get_lockless(pmdp);
	if (pmd == table)
		gup_fast_pte_range(pmd, pmdp, ptep);
	local_irq_restore(flags);
}

/*
 * As it was before "mm: gup: fix the fast GUP race against THP collapse":
 * the PMD is not looked at again.
 */
void gup_fast_pmd_once(unsigned long *pmdp, pte_t *ptep, struct folio *table)
{
	unsigned long pmd;
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	pmd = pmdp_get_lockless(pmdp);
	if (pmd != table)
		goto out;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto out;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto out;
	if (pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto out;
	}
	keep(folio);
out:
	local_irq_restore(flags);
}

/* Broken on purpose: keeps its reference without a second look. */
void gup_fast_no_recheck(unsigned long *pmdp, pte_t *ptep,
			 struct folio *table)
{
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	if (pmdp_get_lockless(pmdp) != table)
		goto out;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto out;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto out;
	keep(folio);
out:
	local_irq_restore(flags);
}
