/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache finds what is in the slot, under RCU alone; who wants to work
 * on the folio locks it and asks whether it still belongs to the mapping.  Read
 * from filemap_get_entry() and __filemap_get_folio() with FGP_LOCK (v6.12).
 */
struct folio *filemap_get_entry(struct address_space *mapping, pgoff_t index)
{
	struct folio *found;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
repeat:
	xas_reset(&xas);
	found = xas_load(&xas);
	if (xas_retry(&xas, found))
		goto repeat;
	if (!found || xa_is_value(found))
		goto out;
	if (!folio_try_get(found))
		goto repeat;
	if (found != xas_reload(&xas)) {
		folio_put(found);
		goto repeat;
	}
out:
	rcu_read_unlock();
	return found;
}

void lock_what_is_found(struct address_space *mapping, struct folio *folio,
			struct folio *newfolio)
{
	struct folio *found;

repeat:
	found = filemap_get_entry(mapping, index);
	if (!found)
		return;
	if (found == folio) {
		folio_lock(folio);
		if (folio->mapping != mapping) {
			folio_unlock(folio);
			folio_put(folio);
			goto repeat;
		}
		ghost->using = folio;
		folio_unlock(folio);
		ghost->using = 0;
		folio_put(folio);
	} else {
		folio_lock(newfolio);
		if (newfolio->mapping != mapping) {
			folio_unlock(newfolio);
			folio_put(newfolio);
			goto repeat;
		}
		ghost->using = newfolio;
		folio_unlock(newfolio);
		ghost->using = 0;
		folio_put(newfolio);
	}
}

/* Broken on purpose: takes what it has locked for what the mapping has. */
void lock_unasked(struct address_space *mapping, struct folio *folio,
		  struct folio *newfolio)
{
	struct folio *found;

	found = filemap_get_entry(mapping, index);
	if (found != folio) {
		if (found)
			folio_put(found);
		return;
	}
	folio_lock(folio);
	ghost->using = folio;
	folio_unlock(folio);
	ghost->using = 0;
	folio_put(folio);
}

/*
 * Truncation: the folio is locked, unmapped, and leaves the slot and its
 * mapping together.  Read from truncate_inode_folio() and
 * filemap_remove_folio() (v6.12).
 */
void truncate_inode_folio(struct address_space *mapping, struct folio *folio,
			  struct folio *newfolio)
{
	struct folio *found;

	XA_STATE(xas, &mapping->i_pages, index);
	found = filemap_get_entry(mapping, index);
	if (found != folio) {
		if (found)
			folio_put(found);
		return;
	}
	folio_lock(folio);
	if (folio->mapping != mapping)
		goto unlock;
	try_to_unmap(folio, flags);
	try_to_unmap_flush();
	xas_lock_irq(&xas);
	xas_store(&xas, NULL);
	folio->mapping = NULL;
	xas_unlock_irq(&xas);
	folio_put(folio);
unlock:
	folio_unlock(folio);
	folio_put(folio);
}
