/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, the others must be found out.
 */

/* What is left of filemap_remove_folio() (v6.12). */
void remove_folio(struct address_space *mapping, struct folio *folio)
{
	spin_lock(&mapping->host->i_lock);
	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	spin_unlock(&mapping->host->i_lock);
	filemap_free_folio(mapping, folio);
}

/* What is left of delete_from_swap_cache() (v6.12). */
void delete_from_cache(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	__delete_from_swap_cache(folio, entry, NULL);
	xa_unlock_irq(&mapping->i_pages);
	folio_ref_sub(folio, 1);
}

/* What is left of invalidate_complete_folio2() (v6.12). */
int invalidate_folio(struct address_space *mapping, struct folio *folio)
{
	spin_lock(&mapping->host->i_lock);
	xa_lock_irq(&mapping->i_pages);
	if (folio_test_dirty(folio)) {
		xa_unlock_irq(&mapping->i_pages);
		spin_unlock(&mapping->host->i_lock);
		return 0;
	}
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	spin_unlock(&mapping->host->i_lock);
	filemap_free_folio(mapping, folio);
	return 1;
}

/* The reference of the cache goes first; that of the caller is enough. */
void put_first(struct address_space *mapping, struct folio *folio)
{
	filemap_free_folio(mapping, folio);
	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
}

/* Drops the reference of the caller as well. */
void drops_two(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	folio_put_refs(folio, 2);
}
