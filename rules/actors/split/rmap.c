/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one page-table entry that may map the second page.  `second->mapper` is
 * the folio the entry has a reference of.  Read from try_to_unmap_one(),
 * try_to_migrate_one() and remove_migration_pte() (v6.12).
 */
int folio_mapcount(struct folio *folio)
{
	return second->mapper == folio;
}

void try_to_unmap(struct folio *folio, int flags)
{
	spin_lock(ptl);
	if (second->mapper == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		second->mapper = NULL;
		folio_put(folio);
	}
	spin_unlock(ptl);
}

void try_to_migrate(struct folio *folio, int flags)
{
	pte_t pte;

	spin_lock(ptl);
	if (second->mapper == folio) {
		pte = ptep_get_and_clear(mm, addr, ptep);
		set_pte_at(mm, addr, ptep, make_readable_migration_entry(pte));
		second->mapper = NULL;
		folio_put(folio);
	}
	spin_unlock(ptl);
}

void remove_migration_ptes(struct folio *src, struct folio *dst, int flags)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte)))
		goto unlock;
	page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));
	if (page_folio(page) == src) {
		folio_get(dst);
		second->mapper = dst;
		set_pte_at(mm, addr, ptep, page);
	}
unlock:
	spin_unlock(ptl);
}

/*
 * munmap(): the entry is emptied under the lock of the page table alone, and
 * the reference is dropped after the TLB has been flushed.
 */
void zap_pte_range(void)
{
	struct folio *folio;

	spin_lock(ptl);
	ptep_get_and_clear(mm, addr, ptep);
	folio = second->mapper;
	if (folio)
		second->mapper = NULL;
	spin_unlock(ptl);
	if (!folio)
		return;
	flush_tlb_range(vma, addr, end);
	folio_put(folio);
}

/*
 * A fault on the second page of a file: finds what the page cache has there,
 * waits for its lock, and maps the page with the reference it has.  The lock
 * that the second page has once it is a folio is left out.
 */
void filemap_fault(struct address_space *mapping, struct folio *folio,
		   struct folio *tail)
{
	struct folio *found;

	found = filemap_get_entry(mapping, index);
	if (!found)
		return;
	if (found == folio)
		folio_lock(folio);
	spin_lock(ptl);
	if (pte_none(ptep_get(ptep))) {
		set_pte_at(mm, addr, ptep, tail);
		second->mapper = found;
	} else {
		folio_put(found);
	}
	spin_unlock(ptl);
	if (found == folio)
		folio_unlock(folio);
}
