/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What khugepaged calls, for one folio in one slot that one entry may map.
 * Read from try_to_unmap_one(), retract_page_tables(), alloc_charge_folio(),
 * folio_add_lru() and folio_putback_lru() (v6.12).
 */
void try_to_unmap(struct folio *folio, int flags)
{
	spin_lock(ptl);
	if (ptep_get(ptep) == folio) {
		ptep_get_and_clear(mm, addr, ptep);
		folio_put(folio);
	}
	spin_unlock(ptl);
}

/* The page table that maps nothing any more is taken out of the PMD. */
void retract_page_tables(struct address_space *mapping, pgoff_t pgoff)
{
	spin_lock(pml);
	pmdp_collapse_flush(vma, addr, pmdp);
	spin_unlock(pml);
}

/* There is memory for a large folio; its caller has it from the start. */
int alloc_charge_folio(struct folio **foliop)
{
	return SCAN_SUCCEED;
}

/*
 * A folio that goes to its LRU list is held by a batch until the batch is
 * drained, which is at once here.
 */
void folio_add_lru(struct folio *folio)
{
}

void folio_putback_lru(struct folio *folio)
{
	folio_put(folio);
}

/* The one small folio goes back to its list. */
void release_pte_folio(struct folio *released)
{
	folio_unlock(folio);
	folio_putback_lru(released);
}
