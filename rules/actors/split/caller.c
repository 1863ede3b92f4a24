/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who splits: the folio is locked and held.  Reclaim, truncation of a part,
 * memory failure, migration of folios that are too large and the shrinker of
 * partially mapped folios do so (v6.12).
 */
void split_caller(struct address_space *mapping, struct folio *folio,
		  struct folio *tail, pte_t *ptep, spinlock_t *ptl)
{
	folio_lock(folio);
	subject();
	folio_unlock(folio);
	folio_put(folio);
}
