/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookups the scenario is tried on before it is believed.  The first makes the
 * steps of filemap_get_entry() (v6.12): a reference unless the count is zero,
 * then a second look at the slot.
 */
struct folio *get_entry(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
repeat:
	xas_reset(&xas);
	folio = xas_load(&xas);
	if (xas_retry(&xas, folio))
		goto repeat;
	if (!folio || xa_is_value(folio))
		goto out;
	if (!folio_try_get(folio))
		goto repeat;
	if (folio != xas_reload(&xas)) {
		folio_put(folio);
		goto repeat;
	}
out:
	rcu_read_unlock();
	return folio;
}

/* Does not try again: who looked at the wrong moment finds nothing. */
struct folio *get_entry_once(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	folio = xas_load(&xas);
	if (folio && !folio_try_get(folio))
		folio = NULL;
	if (folio && folio != xas_reload(&xas)) {
		folio_put(folio);
		folio = NULL;
	}
	rcu_read_unlock();
	return folio;
}

/* Broken on purpose: looks again before it has its reference. */
struct folio *get_entry_looks_early(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
repeat:
	folio = xas_load(&xas);
	if (!folio)
		goto out;
	if (folio != xas_reload(&xas))
		goto repeat;
	if (!folio_try_get(folio))
		goto repeat;
out:
	rcu_read_unlock();
	return folio;
}
