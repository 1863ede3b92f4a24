/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fault on a migration entry before commit ffa65753c431 ("mm/migrate.c:
 * rework migration_entry_wait() to not take a pageref") (in v5.17): finds the
 * old page through the entry, takes a reference, and drops it to wait.
 */
void migration_entry_wait(pte_t *ptep, spinlock_t *ptl)
{
	pte_t pte;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (!is_migration_entry(pte_to_swp_entry(pte)))
		goto out;
	page = migration_entry_to_page(pte_to_swp_entry(pte));
	if (!get_page_unless_zero(page))
		goto out;
	spin_unlock(ptl);
	put_and_wait_on_page_locked(page, state);
	return;
out:
	spin_unlock(ptl);
}
