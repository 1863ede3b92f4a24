/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khugepaged has allocated the large folio.  For a file that is all: the
 * function under review does the rest.  For anonymous memory the page table is
 * taken out of the PMD first, the TLB flushed, and everybody waited for who
 * walks page tables with interrupts off; then the function under review looks
 * at the counts and isolates, under the lock of the page table.  Read from
 * collapse_huge_page(), __collapse_huge_page_copy_succeeded() and
 * __collapse_huge_page_copy_failed() (v6.12).
 */
void collapse_done(struct folio *folio, struct folio *newfolio)
{
	spin_lock(ptl);
	ptep_clear(mm, addr, ptep);
	spin_unlock(ptl);
	folio_unlock(folio);
	folio_put_refs(folio, 2);
	spin_lock(pml);
	set_pmd_at(mm, addr, pmdp, newfolio);
	spin_unlock(pml);
	keep(newfolio);
}

void khugepaged(struct address_space *mapping, struct folio *folio,
		struct folio *newfolio)
{
	int rc;
	unsigned long table;

	if (!mapping) {
		spin_lock(pml);
		table = pmdp_collapse_flush(vma, addr, pmdp);
		spin_unlock(pml);
		tlb_remove_table_sync_one();
		spin_lock(ptl);
	}
	rc = subject();
	if (mapping)
		return;
	spin_unlock(ptl);
	if (rc == SCAN_SUCCEED) {
		collapse_done(folio, newfolio);
		return;
	}
	spin_lock(pml);
	pmd_populate(mm, pmdp, pmd_pgtable(table));
	spin_unlock(pml);
	folio_put(newfolio);
}

/*
 * As it was before "mm/khugepaged: fix GUP-fast interaction by sending IPI":
 * only the flush of the TLB is waited for, and that need not be an interrupt.
 */
void khugepaged_no_sync(struct address_space *mapping, struct folio *folio,
			struct folio *newfolio)
{
	int rc;
	unsigned long table;

	spin_lock(pml);
	table = pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(pml);
	spin_lock(ptl);
	rc = subject();
	spin_unlock(ptl);
	if (rc == SCAN_SUCCEED) {
		collapse_done(folio, newfolio);
		return;
	}
	spin_lock(pml);
	pmd_populate(mm, pmdp, pmd_pgtable(table));
	spin_unlock(pml);
	folio_put(newfolio);
}

/* Broken on purpose: looks at the counts while the PMD still leads there. */
void khugepaged_late(struct address_space *mapping, struct folio *folio,
		     struct folio *newfolio)
{
	int rc;

	spin_lock(ptl);
	rc = subject();
	spin_unlock(ptl);
	if (rc != SCAN_SUCCEED) {
		folio_put(newfolio);
		return;
	}
	spin_lock(pml);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(pml);
	tlb_remove_table_sync_one();
	collapse_done(folio, newfolio);
}
