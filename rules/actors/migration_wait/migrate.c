/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration of a folio that is mapped once and isolated from the LRU, without
 * a page cache: the folio is locked, a migration entry takes the place of the
 * entry that maps it, the count is compared and frozen, and the entry is made
 * to map the new folio, or the old one where the count was too high.
 * Read from migrate_folio_unmap(), migrate_folio_move(), try_to_migrate_one(),
 * __folio_migrate_mapping() and remove_migration_pte() (v6.12).
 */
void migrate_isolated_folio(pte_t *ptep, spinlock_t *ptl,
			    struct folio *newfolio, struct folio *folio)
{
	folio_lock(folio);
	spin_lock(ptl);
	set_pte_at(mm, addr, ptep, make_readable_migration_entry(folio));
	folio_put(folio);
	spin_unlock(ptl);

	if (folio_ref_count(folio) != 1 || !folio_ref_freeze(folio, 1)) {
		ghost->gave_up = 1;
		spin_lock(ptl);
		folio_get(folio);
		set_pte_at(mm, addr, ptep, folio);
		spin_unlock(ptl);
		folio_unlock(folio);
		folio_put(folio);
		folio_put(newfolio);
		return;
	}
	folio_ref_unfreeze(folio, 1);
	spin_lock(ptl);
	folio_get(newfolio);
	set_pte_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);
	folio_put(newfolio);
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * Migration of a huge page by a NUMA hinting fault, before PMD migration
 * entries were used for it: the entry goes on mapping the page while that is
 * copied, and is replaced under the page table lock when nobody but the entry
 * and the isolation has a reference.  The second comparison of the count,
 * behind the new entry, is for walks without the lock and is left out.
 * Read from migrate_misplaced_transhuge_page() (before v5.0) and from what
 * commit 3c226c637b69 (v4.12) says of it.
 */
void migrate_misplaced_huge_page(pte_t *ptep, spinlock_t *ptl,
				 struct folio *newfolio, struct folio *folio)
{
	folio_lock(folio);
	spin_lock(ptl);
	if (folio_ref_count(folio) != 2) {
		ghost->gave_up = 1;
		spin_unlock(ptl);
		folio_unlock(folio);
		folio_put(folio);
		folio_put(newfolio);
		return;
	}
	set_pmd_at(mm, addr, ptep, newfolio);
	spin_unlock(ptl);
	folio_unlock(folio);
	folio_put(folio);
	folio_put(folio);
}
