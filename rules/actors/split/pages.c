/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which page belongs to which folio: `second` is the second page, whose
 * compound_head leads to the first one for as long as they are one folio.
 * Read from include/linux/page-flags.h and include/linux/mm.h (v6.12).
 */
struct folio *page_folio(struct page *page)
{
	struct folio *head;

	head = second->compound_head;
	if (head && page != head)
		return head;
	return page;
}

void clear_compound_head(struct page *page)
{
	second->compound_head = NULL;
}

long folio_nr_pages(struct folio *folio)
{
	if (second->compound_head == folio)
		return 2;
	return 1;
}

struct folio *folio_next(struct folio *folio)
{
	return folio + folio_nr_pages(folio);
}

/* The queue of partially mapped folios, for the one folio there is. */
int list_empty(struct list_head *list)
{
	return !folio->queued;
}

void list_del_init(struct list_head *list)
{
	folio->queued = 0;
}
