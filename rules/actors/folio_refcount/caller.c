/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who calls the function under review: migration has the folio locked and
 * isolated from the LRU, has put a migration entry into the page table and
 * flushed the TLB, and has dropped the reference of the page table.
 * Read from unmap_and_move() and try_to_migrate_one() (v5.14), and from
 * migrate_folio_unmap() and migrate_folio_move() (v6.12).
 */
void migrate_caller(struct address_space *mapping, struct folio *newfolio,
		    struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	int rc;

	folio_lock(folio);
	spin_lock(ptl);
	if (ptep_get(ptep) != folio) {
		spin_unlock(ptl);
		folio_unlock(folio);
		folio_put(folio);
		folio_put(newfolio);
		return;
	}
	set_pte_at(mm, addr, ptep, make_readable_migration_entry(folio));
	flush_tlb_page(vma, addr);
	folio_put(folio);
	spin_unlock(ptl);

	rc = subject();

	spin_lock(ptl);
	if (rc == MIGRATEPAGE_SUCCESS) {
		folio_get(newfolio);
		set_pte_at(mm, addr, ptep, newfolio);
	} else {
		folio_get(folio);
		set_pte_at(mm, addr, ptep, folio);
	}
	spin_unlock(ptl);
	folio_unlock(folio);
	folio_put(folio);
	folio_put(newfolio);
}
