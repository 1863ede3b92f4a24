/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: once the old folio is free its memory becomes another
 * page, whose owner has the one reference.
 */
void allocate_freed_folio(struct folio *folio)
{
	reuse(folio);
}
