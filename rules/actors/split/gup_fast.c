/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages_fast(): no lock, interrupts off.  The reference is taken on
 * the folio the page belongs to; that it still belongs there is asked behind
 * it, and that the entry still names the page.  Read from
 * gup_fast_pte_range(), try_grab_folio_fast() and try_get_folio() (v6.12).
 */
struct folio *try_get_folio(struct page *page, int refs)
{
	struct folio *folio;

retry:
	folio = page_folio(page);
	if (!folio_ref_try_add(folio, refs))
		return NULL;
	if (page_folio(page) != folio) {
		folio_put_refs(folio, refs);
		goto retry;
	}
	return folio;
}

void gup_fast(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto out;
	folio = try_get_folio(pte_page(pte), 1);
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

/* Without the second look at the entry. */
void gup_fast_entry_once(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (pte_present(pte)) {
		folio = try_get_folio(pte_page(pte), 1);
		if (folio)
			keep(folio);
	}
	local_irq_restore(flags);
}

/* Broken on purpose: without the second look at the page. */
void gup_fast_page_once(pte_t *ptep)
{
	pte_t pte;
	struct folio *folio;

	local_irq_save(flags);
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto out;
	folio = page_folio(pte_page(pte));
	if (!folio_ref_try_add(folio, 1))
		goto out;
	if (pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto out;
	}
	keep(folio);
out:
	local_irq_restore(flags);
}
