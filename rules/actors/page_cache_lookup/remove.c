/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes a folio out of the page cache.  Unless it looks the folio up, it
 * has found it before and has a reference of its own.
 */

/*
 * Reclaim and invalidation take a folio that nobody else uses: the count is
 * frozen, the slot emptied, and the reference of the cache goes with the freeze.
 * Read from __remove_mapping() and remove_mapping() (v6.12).
 */
void evict(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	folio_lock(folio);
	if (xas_load(&xas) != folio)
		goto unlock;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, 2)) {
		ghost->refused = 1;
		xas_unlock_irq(&xas);
		goto unlock;
	}
	xas_store(&xas, NULL);
	ghost->unused = 1;
	xas_unlock_irq(&xas);
	folio_ref_unfreeze(folio, 1);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * Truncation takes a folio whoever uses it: the count is not frozen.
 * Read from truncate_inode_folio() and filemap_remove_folio() (v6.12).
 */
void truncate(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	folio_lock(folio);
	if (xas_load(&xas) != folio)
		goto unlock;
	xas_lock_irq(&xas);
	xas_store(&xas, NULL);
	xas_unlock_irq(&xas);
	folio_put(folio);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}

/* The same with the folio that migration has put there. */
void truncate_next(struct address_space *mapping, struct folio *newfolio)
{
	struct folio *found;

	XA_STATE(xas, &mapping->i_pages, index);
	found = get_entry(mapping, index);
	if (found != newfolio) {
		if (found)
			folio_put(found);
		return;
	}
	folio_lock(newfolio);
	if (xas_load(&xas) != newfolio)
		goto unlock;
	xas_lock_irq(&xas);
	xas_store(&xas, NULL);
	xas_unlock_irq(&xas);
	folio_put(newfolio);
unlock:
	folio_unlock(newfolio);
	folio_put(newfolio);
}

/*
 * Migration puts another folio into the slot while the count is frozen.
 * Read from __folio_migrate_mapping() (v6.12).
 */
void migrate(struct address_space *mapping, struct folio *newfolio, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	folio_lock(folio);
	folio_lock(newfolio);
	if (xas_load(&xas) != folio)
		goto unlock;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, 2)) {
		ghost->refused = 1;
		xas_unlock_irq(&xas);
		goto unlock;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	ghost->unused = 1;
	folio_ref_unfreeze(folio, 1);
	xas_unlock_irq(&xas);
unlock:
	folio_unlock(newfolio);
	folio_unlock(folio);
	folio_put(folio);
	folio_put(newfolio);
}

/* The page is free and somebody else allocates it. */
void allocate(struct folio *folio)
{
	reuse(folio);
}

/*
 * The page is free, and by chance it is allocated for the same place of the
 * same file.  Read from filemap_add_folio() (v6.12).
 */
void allocate_and_add(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	reuse(folio);
	folio_ref_add(folio, 1);
	xas_lock_irq(&xas);
	if (xas_load(&xas)) {
		xas_unlock_irq(&xas);
		folio_put(folio);
		return;
	}
	xas_store(&xas, folio);
	ghost->readded = 1;
	xas_unlock_irq(&xas);
}

/* Broken on purpose: the slot is emptied after the count is thawed. */
void evict_thaws_early(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, index);
	folio_lock(folio);
	if (xas_load(&xas) != folio)
		goto unlock;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, 2)) {
		xas_unlock_irq(&xas);
		goto unlock;
	}
	ghost->unused = 1;
	folio_ref_unfreeze(folio, 1);
	xas_store(&xas, NULL);
	xas_unlock_irq(&xas);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}
