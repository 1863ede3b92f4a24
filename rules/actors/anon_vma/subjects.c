/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, each of the others leaves one thing out and must be found out.
 */

/* As folio_get_anon_vma() does it. */
struct anon_vma *two_looks(struct folio *folio)
{
	struct anon_vma *anon_vma = NULL;
	unsigned long anon_mapping;

	rcu_read_lock();
	anon_mapping = READ_ONCE(folio->mapping);
	if ((anon_mapping & PAGE_MAPPING_FLAGS) != PAGE_MAPPING_ANON)
		goto out;
	if (!folio_mapped(folio))
		goto out;
	anon_vma = (struct anon_vma *)(anon_mapping - PAGE_MAPPING_ANON);
	if (!atomic_inc_not_zero(&anon_vma->refcount)) {
		anon_vma = NULL;
		goto out;
	}
	if (folio_mapped(folio))
		goto out;
	rcu_read_unlock();
	put_anon_vma(anon_vma);
	return NULL;
out:
	rcu_read_unlock();
	return anon_vma;
}

/* The lock of the page table keeps the folio mapped: a plain get will do. */
struct anon_vma *under_ptl(struct folio *folio, spinlock_t *ptl)
{
	struct anon_vma *anon_vma = NULL;
	unsigned long anon_mapping;

	spin_lock(ptl);
	if (!folio_mapped(folio))
		goto out;
	anon_mapping = READ_ONCE(folio->mapping);
	anon_vma = (struct anon_vma *)(anon_mapping - PAGE_MAPPING_ANON);
	get_anon_vma(anon_vma);
out:
	spin_unlock(ptl);
	return anon_vma;
}

/*
 * Broken on purpose: touches the count before it knows that the folio was
 * mapped inside of the read-side section.
 */
struct anon_vma *late_look(struct folio *folio)
{
	struct anon_vma *anon_vma;
	unsigned long anon_mapping;

	rcu_read_lock();
	anon_mapping = READ_ONCE(folio->mapping);
	anon_vma = (struct anon_vma *)(anon_mapping - PAGE_MAPPING_ANON);
	if (!atomic_inc_not_zero(&anon_vma->refcount)) {
		anon_vma = NULL;
		goto out;
	}
	if (!folio_mapped(folio)) {
		put_anon_vma(anon_vma);
		anon_vma = NULL;
	}
out:
	rcu_read_unlock();
	return anon_vma;
}
