/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who clears page-table entries while they may be walked.
 */
typedef unsigned long pmd_t;

/*
 * Part of an address space is unmapped: the page is given back after the flush.
 * Read from zap_pte_range() and tlb_finish_mmu() (v6.12).
 */
void zap(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get_and_clear(mm, addr, ptep);
	spin_unlock(ptl);
	flush_tlb_mm(mm);
	if (pte_present(pte))
		folio_put(pte_page(pte));
}

/* A write to a shared page maps a copy.  Read from wp_page_copy() (v6.12). */
void copy_on_write(pte_t *ptep, spinlock_t *ptl, struct folio *folio,
		   struct folio *newfolio)
{
	spin_lock(ptl);
	if (ptep_get(ptep) != folio) {
		spin_unlock(ptl);
		folio_put(newfolio);
		return;
	}
	ptep_clear_flush(vma, addr, ptep);
	set_pte_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);
	folio_put(folio);
}

/*
 * Reclaim discards a page that nobody wrote to since MADV_FREE: it is unmapped,
 * and then the count tells whether somebody got at it before.
 * Read from try_to_unmap_one() and shrink_folio_list() (v6.12).
 */
void discard(pte_t *ptep, spinlock_t *ptl, struct folio *folio)
{
	folio_lock(folio);
	spin_lock(ptl);
	if (ptep_get(ptep) != folio) {
		spin_unlock(ptl);
		goto unlock;
	}
	ptep_clear_flush(vma, addr, ptep);
	if (folio_ref_count(folio) != 2) {
		ghost->refused = 1;
		set_pte_at(mm, addr, ptep, folio);
		spin_unlock(ptl);
		goto unlock;
	}
	spin_unlock(ptl);
	folio_put(folio);
	if (folio_ref_freeze(folio, 1)) {
		ghost->unused = 1;
		folio_ref_unfreeze(folio, 1);
	}
unlock:
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * khugepaged puts a huge page in the place of the page table: the table is
 * taken out first, then the count of each page in it must be what its mappings
 * explain.  The old table stays with the huge page.
 * Read from collapse_huge_page(), __collapse_huge_page_isolate() and
 * __collapse_huge_page_copy_succeeded() (v6.12).
 */
void collapse(pmd_t table, pmd_t *pmdp, spinlock_t *pml, pte_t *ptep,
	      spinlock_t *ptl, struct folio *folio, struct folio *newfolio)
{
	spin_lock(pml);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(pml);
	tlb_remove_table_sync_one();
	spin_lock(ptl);
	if (folio_ref_count(folio) != 1) {
		ghost->refused = 1;
		spin_unlock(ptl);
		spin_lock(pml);
		set_pmd_at(mm, addr, pmdp, table);
		spin_unlock(pml);
		folio_put(newfolio);
		return;
	}
	ghost->unused = 1;
	ptep_clear(mm, addr, ptep);
	spin_unlock(ptl);
	folio_put(folio);
	spin_lock(pml);
	set_pmd_at(mm, addr, pmdp, newfolio);
	spin_unlock(pml);
	keep(table);
}

/*
 * The same before commit 2ba99c5e0881 ("mm/khugepaged: fix GUP-fast
 * interaction by sending IPI") (in v6.1): nothing but the flush waits.
 */
void collapse_flushes_only(pmd_t table, pmd_t *pmdp, spinlock_t *pml, pte_t *ptep,
			   spinlock_t *ptl, struct folio *folio,
			   struct folio *newfolio)
{
	spin_lock(pml);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(pml);
	spin_lock(ptl);
	if (folio_ref_count(folio) != 1) {
		ghost->refused = 1;
		spin_unlock(ptl);
		spin_lock(pml);
		set_pmd_at(mm, addr, pmdp, table);
		spin_unlock(pml);
		folio_put(newfolio);
		return;
	}
	ghost->unused = 1;
	ptep_clear(mm, addr, ptep);
	spin_unlock(ptl);
	folio_put(folio);
	spin_lock(pml);
	set_pmd_at(mm, addr, pmdp, newfolio);
	spin_unlock(pml);
	keep(table);
}

/*
 * The page table of a huge page of a file is not needed any more: its entries
 * are cleared, it is taken out, and it is freed a grace period later.
 * Read from collapse_pte_mapped_thp() and pte_free_defer() (v6.12).
 */
void retract(pmd_t table, pmd_t *pmdp, spinlock_t *pml, pte_t *ptep,
	     spinlock_t *ptl, struct folio *folio)
{
	folio_lock(folio);
	spin_lock(pml);
	spin_lock(ptl);
	ptep_clear(mm, addr, ptep);
	folio_ref_sub(folio, 1);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(ptl);
	spin_unlock(pml);
	synchronize_rcu();
	put_page(table);
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * The page table is freed as soon as the TLB is flushed, as architectures do
 * whose flush waits for every CPU.  Read from free_pgtables() and
 * tlb_finish_mmu() without MMU_GATHER_RCU_TABLE_FREE (v6.12).
 */
void retract_flushes_only(pmd_t table, pmd_t *pmdp, spinlock_t *pml, pte_t *ptep,
			  spinlock_t *ptl, struct folio *folio)
{
	folio_lock(folio);
	spin_lock(pml);
	spin_lock(ptl);
	ptep_clear(mm, addr, ptep);
	folio_ref_sub(folio, 1);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(ptl);
	spin_unlock(pml);
	put_page(table);
	folio_unlock(folio);
	folio_put(folio);
}

/* The page is free and somebody else allocates it. */
void allocate(struct folio *folio)
{
	reuse(folio);
}

/* The page is free, and by chance it is mapped by the same entry again. */
void allocate_and_map(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	reuse(folio);
	folio_get(folio);
	spin_lock(ptl);
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(ptl);
		folio_put(folio);
		return;
	}
	set_pte_at(mm, addr, ptep, folio);
	ghost->mapped_again = 1;
	spin_unlock(ptl);
}
