/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shrinker of partially mapped folios: under the lock of the queue it takes
 * a reference on each folio that it finds there.  Where the count is zero it
 * takes the folio to be about to be freed, and off the queue.  Read from
 * deferred_split_scan() (v6.12).
 */
void deferred_split_scan(struct folio *folio)
{
	int taken;

	taken = 0;
	spin_lock(&ds_queue->split_queue_lock);
	if (folio->queued) {
		if (folio_try_get(folio)) {
			taken = 1;
		} else {
			folio->queued = 0;
			ghost->given_up = 1;
		}
	}
	spin_unlock(&ds_queue->split_queue_lock);
	if (taken)
		folio_put(folio);
}

/*
 * Who goes through memory by page number: compaction, memory failure, idle
 * page tracking.  Neither a slot nor a page-table entry leads it to the page.
 */
void compact_page(struct folio *folio)
{
	if (folio_get_nontail_page(folio))
		folio_put(folio);
}

/*
 * The same on the second page, by a page alone: the reference is dropped on
 * the folio that the page is found to belong to.  Read from
 * get_page_unless_zero() and put_page() (v6.12).
 */
void compact_second_page(struct folio *tail)
{
	if (get_page_unless_zero(tail))
		folio_put(page_folio(tail));
}

/* The start of writeback, as far as the page cache is concerned: a mark. */
void start_writeback(struct address_space *mapping)
{
	XA_STATE(xas, &mapping->i_pages, index);
	if (!mapping)
		return;
	xas_lock_irqsave(&xas, flags);
	xas_load(&xas);
	xas_set_mark(&xas, PAGECACHE_TAG_WRITEBACK);
	xas_unlock_irqrestore(&xas, flags);
}
