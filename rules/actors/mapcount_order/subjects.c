/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first two
 * must hold, each of the others leaves one thing out and must be found out.
 */

/* As insert_page() does it: the reference, the mapcount, the entry. */
int map(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	spin_lock(ptl);
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(ptl);
		return -EBUSY;
	}
	folio_get(folio);
	folio_add_file_rmap_pte(folio, page, vma);
	set_pte_at(mm, addr, ptep, folio);
	spin_unlock(ptl);
	return 0;
}

/* The way back: the entry, the mapcount, and the reference outside of the lock. */
int unmap(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	spin_lock(ptl);
	if (!pte_present(ptep_get(ptep))) {
		spin_unlock(ptl);
		return -EAGAIN;
	}
	ptep_clear_flush(vma, addr, ptep);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	folio_put(folio);
	return 0;
}

/* Broken on purpose: a mapping before its reference. */
int map_mapcount_first(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	spin_lock(ptl);
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(ptl);
		return -EBUSY;
	}
	folio_add_file_rmap_pte(folio, page, vma);
	folio_get(folio);
	set_pte_at(mm, addr, ptep, folio);
	spin_unlock(ptl);
	return 0;
}

/* Broken on purpose: a mapping after its reference. */
int unmap_reference_first(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	spin_lock(ptl);
	if (!pte_present(ptep_get(ptep))) {
		spin_unlock(ptl);
		return -EAGAIN;
	}
	ptep_clear_flush(vma, addr, ptep);
	folio_put(folio);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	return 0;
}

/* Broken on purpose: nobody keeps the entry from being changed meanwhile. */
int map_unlocked(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	if (!pte_none(ptep_get(ptep)))
		return -EBUSY;
	folio_get(folio);
	folio_add_file_rmap_pte(folio, page, vma);
	set_pte_at(mm, addr, ptep, folio);
	return 0;
}

/* Broken on purpose: forgets the reference when the entry is taken. */
int map_leaks(struct folio *folio, pte_t *ptep, spinlock_t *ptl)
{
	folio_get(folio);
	spin_lock(ptl);
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(ptl);
		return -EBUSY;
	}
	folio_add_file_rmap_pte(folio, page, vma);
	set_pte_at(mm, addr, ptep, folio);
	spin_unlock(ptl);
	return 0;
}
