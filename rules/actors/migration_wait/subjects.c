/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that wait for a page under migration.  The first ones must hold, each
 * of the others leaves one thing out and must be found out.
 */

/* Waits in the queue of the folio, entered before the lock is dropped: no
 * reference.  After migration_entry_wait() (v6.12). */
void entry_wait_queued(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte))) {
		spin_unlock(ptl);
		return;
	}
	migration_entry_wait_on_locked(pte_to_swp_entry(pte), ptl);
}

/* Waits with a reference that is dropped once the wait has begun.  After
 * __migration_entry_wait() (v5.16). */
void entry_wait_counted(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte)))
		goto out;
	page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));
	if (!get_page_unless_zero(page))
		goto out;
	spin_unlock(ptl);
	put_and_wait_on_page_locked(page, TASK_UNINTERRUPTIBLE);
	return;
out:
	spin_unlock(ptl);
}

/* The entry maps a page that is locked, so that it may be migrating.  After
 * do_huge_pmd_numa_page() (v4.12). */
int numa_wait_counted(pte_t *ptep, spinlock_t *ptl)
{
	pte_t orig;
	struct page *page;

	orig = pmdp_get(ptep);
	if (!pmd_present(orig))
		return 0;
	spin_lock(ptl);
	if (!pmd_same(pmdp_get(ptep), orig))
		goto out;
	page = pmd_page(orig);
	if (!PageLocked(page))
		goto out;
	if (!get_page_unless_zero(page))
		goto out;
	spin_unlock(ptl);
	wait_on_page_locked(page);
	put_page(page);
	return 0;
out:
	spin_unlock(ptl);
	return 0;
}

/* Broken on purpose: waits for a page it has no reference on. */
int numa_wait_uncounted(pte_t *ptep, spinlock_t *ptl)
{
	pte_t orig;
	struct page *page;

	orig = pmdp_get(ptep);
	if (!pmd_present(orig))
		return 0;
	spin_lock(ptl);
	if (!pmd_same(pmdp_get(ptep), orig)) {
		spin_unlock(ptl);
		return 0;
	}
	page = pmd_page(orig);
	spin_unlock(ptl);
	if (PageLocked(page))
		wait_on_page_locked(page);
	return 0;
}

/* Broken on purpose: takes the entry for what it was before the lock was
 * taken, so that the page may be another one by then. */
int numa_wait_stale(pte_t *ptep, spinlock_t *ptl)
{
	pte_t orig;
	struct page *page;

	orig = pmdp_get(ptep);
	if (!pmd_present(orig))
		return 0;
	page = pmd_page(orig);
	spin_lock(ptl);
	if (!get_page_unless_zero(page)) {
		spin_unlock(ptl);
		return 0;
	}
	spin_unlock(ptl);
	wait_on_page_locked(page);
	put_page(page);
	return 0;
}

/* Broken on purpose: raises the count whatever it is. */
void entry_wait_unconditional(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte))) {
		spin_unlock(ptl);
		return;
	}
	page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));
	get_page(page);
	spin_unlock(ptl);
	put_and_wait_on_page_locked(page, TASK_UNINTERRUPTIBLE);
}

/* Broken on purpose: drops its reference, then looks at the page. */
void entry_wait_put_first(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte)))
		goto out;
	page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));
	if (!get_page_unless_zero(page))
		goto out;
	spin_unlock(ptl);
	put_page(page);
	wait_on_page_locked(page);
	return;
out:
	spin_unlock(ptl);
}

/* Broken on purpose: never drops its reference. */
void entry_wait_leaking(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte)))
		goto out;
	page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));
	if (!get_page_unless_zero(page))
		goto out;
	spin_unlock(ptl);
	wait_on_page_locked(page);
	return;
out:
	spin_unlock(ptl);
}
