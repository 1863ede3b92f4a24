/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, each of the others does one thing wrong and must be found out.
 */

/* What is left of __remove_mapping() (v6.12). */
int remove_mapping(struct address_space *mapping, struct folio *folio)
{
	if (!folio_test_swapcache(folio))
		spin_lock(&mapping->host->i_lock);
	xa_lock_irq(&mapping->i_pages);
	if (!folio_ref_freeze(folio, 2))
		goto cannot_free;
	if (folio_test_dirty(folio)) {
		folio_ref_unfreeze(folio, 2);
		goto cannot_free;
	}
	if (folio_test_swapcache(folio)) {
		__delete_from_swap_cache(folio, swap, NULL);
		xa_unlock_irq(&mapping->i_pages);
	} else {
		__filemap_remove_folio(folio, NULL);
		xa_unlock_irq(&mapping->i_pages);
		spin_unlock(&mapping->host->i_lock);
	}
	return 1;

cannot_free:
	xa_unlock_irq(&mapping->i_pages);
	if (!folio_test_swapcache(folio))
		spin_unlock(&mapping->host->i_lock);
	return 0;
}

/* Nobody takes a reference while the count is frozen, whatever is locked. */
int freeze_outside(struct address_space *mapping, struct folio *folio)
{
	if (!folio_ref_freeze(folio, 2))
		return 0;
	if (folio_test_dirty(folio)) {
		folio_ref_unfreeze(folio, 2);
		return 0;
	}
	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	return 1;
}

/* Looks at the count and does not freeze it. */
int no_freeze(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	if (folio_ref_count(folio) != 2 || folio_test_dirty(folio)) {
		xa_unlock_irq(&mapping->i_pages);
		return 0;
	}
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	return 1;
}

/* Looks at the dirty flag while others may still have a reference. */
int dirty_first(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	if (folio_test_dirty(folio) || !folio_ref_freeze(folio, 2)) {
		xa_unlock_irq(&mapping->i_pages);
		return 0;
	}
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	return 1;
}

/* Empties the slot before it knows whether it may. */
int removed_first(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio, NULL);
	if (!folio_ref_freeze(folio, 2))
		goto cannot_free;
	if (folio_test_dirty(folio)) {
		folio_ref_unfreeze(folio, 2);
		goto cannot_free;
	}
	xa_unlock_irq(&mapping->i_pages);
	return 1;

cannot_free:
	xa_unlock_irq(&mapping->i_pages);
	return 0;
}

/* Takes for its own a reference that somebody else has. */
int one_too_many(struct address_space *mapping, struct folio *folio)
{
	xa_lock_irq(&mapping->i_pages);
	if (!folio_ref_freeze(folio, 3))
		goto cannot_free;
	if (folio_test_dirty(folio)) {
		folio_ref_unfreeze(folio, 3);
		goto cannot_free;
	}
	__filemap_remove_folio(folio, NULL);
	xa_unlock_irq(&mapping->i_pages);
	return 1;

cannot_free:
	xa_unlock_irq(&mapping->i_pages);
	return 0;
}
