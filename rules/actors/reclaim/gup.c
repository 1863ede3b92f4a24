/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages_fast(): walks the page table without a lock, with interrupts
 * off (switched off by the caller of the walk), takes its reference and looks
 * at the entry again.
 */
void gup_fast_pte_range(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	if (!pte_offset_map(pmd, addr))
		return;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto unmap;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto unmap;
	if (pmd_val(pmd) != pmd_val(*pmdp) ||
	    pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto unmap;
	}
	keep(folio);
unmap:
	pte_unmap(ptep);
}

void gup_fast(pte_t *ptep)
{
	local_irq_save(flags);
	gup_fast_pte_range(ptep);
	local_irq_restore(flags);
}

/*
 * A driver that reads from a device into such a page: writes to it, marks it
 * dirty (folio_mark_dirty()) and only then drops its reference.
 */
void gup_write(pte_t *ptep, struct folio *folio)
{
	pte_t pte;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte) || !try_grab_folio_fast(pte_page(pte), 1, flags)) {
		local_irq_restore(flags);
		return;
	}
	if (pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		local_irq_restore(flags);
		return;
	}
	local_irq_restore(flags);
	folio->flags.PG_dirty = 1;
	folio_put(folio);
}

/* Broken on purpose: keeps its reference without a second look. */
void gup_fast_no_recheck(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (pte_present(pte)) {
		folio = try_grab_folio_fast(pte_page(pte), 1, flags);
		if (folio)
			keep(folio);
	}
	local_irq_restore(flags);
}

/* Broken on purpose: raises the count whatever it is. */
void gup_fast_unconditional(pte_t *ptep)
{
	pte_t pte;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (pte_present(pte)) {
		folio_get(pte_page(pte));
		if (pte_val(pte) != pte_val(ptep_get(ptep)))
			gup_put_folio(pte_page(pte), 1, flags);
		else
			keep(pte_page(pte));
	}
	local_irq_restore(flags);
}

/* Broken on purpose: drops its reference before it marks the page dirty. */
void gup_write_dirty_late(pte_t *ptep, struct folio *folio)
{
	pte_t pte;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte) || !try_grab_folio_fast(pte_page(pte), 1, flags)) {
		local_irq_restore(flags);
		return;
	}
	if (pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		local_irq_restore(flags);
		return;
	}
	local_irq_restore(flags);
	folio_put(folio);
	folio->flags.PG_dirty = 1;
}
