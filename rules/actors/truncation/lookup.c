/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page-cache lookup: under RCU only, takes its reference unless the count
 * is zero, and looks at the slot again.
 */
void filemap_get_entry(struct address_space *mapping, pgoff_t index)
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
	keep(folio);
out:
	rcu_read_unlock();
}

/* Broken on purpose: keeps its reference without a second look. */
void lookup_no_recheck(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	folio = xas_load(&xas);
	if (folio && folio_try_get(folio))
		keep(folio);
	rcu_read_unlock();
}

/* Broken on purpose: raises the count whatever it is. */
void lookup_unconditional(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	XA_STATE(xas, &mapping->i_pages, index);
	rcu_read_lock();
	folio = xas_load(&xas);
	if (folio) {
		folio_get(folio);
		if (folio != xas_reload(&xas))
			folio_put(folio);
		else
			keep(folio);
	}
	rcu_read_unlock();
}
