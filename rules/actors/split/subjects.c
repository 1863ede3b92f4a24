/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * split_huge_page_to_list_to_order() and __split_huge_page() (v6.12) for a
 * folio of two pages, page by page: `folio` is the folio and its first page,
 * `tail` the second.  The first functions must hold, each of the others does
 * one thing otherwise and must be found out.
 */
void unmap_pages(struct address_space *mapping, struct folio *folio)
{
	if (mapping)
		try_to_unmap(folio, flags);
	else
		try_to_migrate(folio, flags);
	try_to_unmap_flush();
}

/* Behind the freeze: the second page becomes a folio, the first is thawed. */
void split_frozen(struct address_space *mapping, struct folio *folio,
		  struct folio *tail)
{
	XA_STATE(xas, &mapping->i_pages, index);

	clear_compound_head(tail);
	if (mapping) {
		page_ref_unfreeze(tail, 2);
		__xa_store(&mapping->i_pages, index, tail, 0);
		folio_ref_add(folio, 2);
		xa_unlock(&mapping->i_pages);
	} else {
		page_ref_unfreeze(tail, 1);
		folio_ref_inc(folio);
	}
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(tail, tail, 0);
	free_page_and_swap_cache(tail);
}

int split(struct address_space *mapping, struct folio *folio,
	  struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	if (folio_mapcount(folio) != folio_ref_count(folio) - expected_count)
		return -EAGAIN;
	unmap_pages(mapping, folio);
	local_irq_disable();
	if (mapping) {
		xas_lock(&xas);
		if (xas_load(&xas) != folio)
			goto fail;
	}
	spin_lock(&ds_queue->split_queue_lock);
	if (folio_ref_freeze(folio, expected_count)) {
		if (!list_empty(&folio->_deferred_list))
			list_del_init(&folio->_deferred_list);
		spin_unlock(&ds_queue->split_queue_lock);
		split_frozen(mapping, folio, tail);
		return 0;
	}
	spin_unlock(&ds_queue->split_queue_lock);
fail:
	if (mapping)
		xas_unlock(&xas);
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(folio, folio, 0);
	return -EAGAIN;
}

/* The first, racy look at the count decides nothing. */
int split_unasked(struct address_space *mapping, struct folio *folio,
		  struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	if (mapping)
		xas_lock(&xas);
	spin_lock(&ds_queue->split_queue_lock);
	if (folio_ref_freeze(folio, expected_count)) {
		if (!list_empty(&folio->_deferred_list))
			list_del_init(&folio->_deferred_list);
		spin_unlock(&ds_queue->split_queue_lock);
		split_frozen(mapping, folio, tail);
		return 0;
	}
	spin_unlock(&ds_queue->split_queue_lock);
	if (mapping)
		xas_unlock(&xas);
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(folio, folio, 0);
	return -EAGAIN;
}

/* Frozen before the lock of the page cache is taken: nobody gets in either. */
int split_freeze_outside(struct address_space *mapping, struct folio *folio,
			 struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	spin_lock(&ds_queue->split_queue_lock);
	if (folio_ref_freeze(folio, expected_count)) {
		if (!list_empty(&folio->_deferred_list))
			list_del_init(&folio->_deferred_list);
		spin_unlock(&ds_queue->split_queue_lock);
		if (mapping)
			xas_lock(&xas);
		split_frozen(mapping, folio, tail);
		return 0;
	}
	spin_unlock(&ds_queue->split_queue_lock);
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(folio, folio, 0);
	return -EAGAIN;
}

/* The count is looked at and set, not frozen. */
int split_no_freeze(struct address_space *mapping, struct folio *folio,
		    struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	if (mapping)
		xas_lock(&xas);
	if (folio_ref_count(folio) != expected_count) {
		if (mapping)
			xas_unlock(&xas);
		local_irq_enable();
		if (!mapping)
			remove_migration_ptes(folio, folio, 0);
		return -EAGAIN;
	}
	clear_compound_head(tail);
	if (mapping) {
		page_ref_unfreeze(tail, 2);
		__xa_store(&mapping->i_pages, index, tail, 0);
		set_page_count(folio, expected_count - 1);
		xas_unlock(&xas);
	} else {
		page_ref_unfreeze(tail, 1);
		set_page_count(folio, expected_count);
	}
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(tail, tail, 0);
	free_page_and_swap_cache(tail);
	return 0;
}

/* The second page is in the page cache before the freeze has succeeded. */
int split_publish_first(struct address_space *mapping, struct folio *folio,
			struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	xas_lock(&xas);
	clear_compound_head(tail);
	page_ref_unfreeze(tail, 2);
	__xa_store(&mapping->i_pages, index, tail, 0);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock(&xas);
		local_irq_enable();
		return -EAGAIN;
	}
	folio_ref_add(folio, 2);
	xas_unlock(&xas);
	local_irq_enable();
	free_page_and_swap_cache(tail);
	return 0;
}

/* The folio stays on the queue of the shrinker while it is frozen. */
int split_still_queued(struct address_space *mapping, struct folio *folio,
		       struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	if (mapping)
		xas_lock(&xas);
	if (folio_ref_freeze(folio, expected_count)) {
		spin_lock(&ds_queue->split_queue_lock);
		if (!list_empty(&folio->_deferred_list))
			list_del_init(&folio->_deferred_list);
		spin_unlock(&ds_queue->split_queue_lock);
		split_frozen(mapping, folio, tail);
		return 0;
	}
	if (mapping)
		xas_unlock(&xas);
	local_irq_enable();
	if (!mapping)
		remove_migration_ptes(folio, folio, 0);
	return -EAGAIN;
}

/* The second page has a count before it stops being a part of the folio. */
int split_head_last(struct address_space *mapping, struct folio *folio,
		    struct folio *tail, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unmap_pages(mapping, folio);
	local_irq_disable();
	xas_lock(&xas);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock(&xas);
		local_irq_enable();
		return -EAGAIN;
	}
	page_ref_unfreeze(tail, 2);
	clear_compound_head(tail);
	__xa_store(&mapping->i_pages, index, tail, 0);
	folio_ref_add(folio, 2);
	xas_unlock(&xas);
	local_irq_enable();
	free_page_and_swap_cache(tail);
	return 0;
}
