/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, each of the others leaves one thing out and must be found out.
 */
int check_inside(struct address_space *mapping, struct folio *newfolio,
		 struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (!mapping) {
		if (folio_ref_count(folio) != expected_count)
			return -EAGAIN;
		return MIGRATEPAGE_SUCCESS;
	}
	xas_lock_irq(&xas);
	if (folio_ref_count(folio) != expected_count || xas_load(&xas) != folio) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int check_outside(struct address_space *mapping, struct folio *newfolio,
		  struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;
	if (!mapping)
		return MIGRATEPAGE_SUCCESS;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int freeze_outside(struct address_space *mapping, struct folio *newfolio,
		   struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (!folio_ref_freeze(folio, expected_count))
		return -EAGAIN;
	if (!mapping) {
		folio_ref_unfreeze(folio, expected_count);
		return MIGRATEPAGE_SUCCESS;
	}
	xas_lock_irq(&xas);
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int no_freeze(struct address_space *mapping, struct folio *newfolio,
	      struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	xas_lock_irq(&xas);
	if (folio_ref_count(folio) != expected_count) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int freeze_ignored(struct address_space *mapping, struct folio *newfolio,
		   struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;
	xas_lock_irq(&xas);
	folio_ref_freeze(folio, expected_count);
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int freeze_after_publish(struct address_space *mapping, struct folio *newfolio,
			 struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;
	xas_lock_irq(&xas);
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

int freeze_other(struct address_space *mapping, struct folio *newfolio,
		 struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(newfolio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}

/* What is left of __folio_migrate_mapping() (v6.12); who calls it has looked
 * at the count before. */
int migrate_mapping(struct address_space *mapping, struct folio *newfolio,
		    struct folio *folio, int expected_count)
{
	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (!mapping) {
		if (folio_test_large(folio)) {
			if (!folio_ref_freeze(folio, expected_count))
				return -EAGAIN;
			folio_ref_unfreeze(folio, expected_count);
		}
		return MIGRATEPAGE_SUCCESS;
	}
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock(&xas);
	local_irq_enable();
	return MIGRATEPAGE_SUCCESS;
}

/* What is left of migrate_huge_page_move_mapping() (v6.12). */
int migrate_huge(struct address_space *mapping, struct folio *newfolio,
		 struct folio *folio, int expected_count)
{
	int rc;

	XA_STATE(xas, &mapping->i_pages, folio_index(folio));

	if (folio_ref_count(folio) != expected_count)
		return -EAGAIN;
	rc = folio_mc_copy(newfolio, folio);
	if (rc)
		return rc;
	xas_lock_irq(&xas);
	if (!folio_ref_freeze(folio, expected_count)) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	folio_ref_add(newfolio, 1);
	xas_store(&xas, newfolio);
	folio_ref_unfreeze(folio, expected_count - 1);
	xas_unlock_irq(&xas);
	return MIGRATEPAGE_SUCCESS;
}
