/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last process that maps the folio unmaps it and exits: the mapping goes
 * under the lock of the page table, then unlink_anon_vmas() drops the
 * reference of the area.  folio->mapping stays what it is.  Read from
 * zap_present_folio_ptes() and unlink_anon_vmas() (v6.12).
 */
void exit_mmap(struct folio *folio, struct anon_vma *anon_vma, spinlock_t *ptl)
{
	spin_lock(ptl);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	put_anon_vma(anon_vma);
}

/*
 * The slab hands the memory out again at once, as another anon_vma: its count
 * is 0 until anon_vma_alloc() sets it.
 */
void anon_vma_alloc(struct anon_vma *anon_vma)
{
	if (atomic_read(&anon_vma->refcount))
		return;
	atomic_set(&anon_vma->refcount, 1);
	ghost->reused = 1;
	keep(anon_vma);
}

/*
 * It was the last object of its slab, which is freed after a grace period, as
 * free_slab() does with SLAB_TYPESAFE_BY_RCU: then the memory is anything.
 */
void exit_mmap_and_free_slab(struct folio *folio, struct anon_vma *anon_vma,
			     spinlock_t *ptl)
{
	spin_lock(ptl);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	if (atomic_dec_and_test(&anon_vma->refcount))
		kfree_rcu(anon_vma, rcu);
}

/*
 * A child writes to the folio after its parent is gone: the folio is its own
 * now and moves to its anon_vma, folio_move_anon_rmap().  Then it exits.  The
 * anon_vma of the child has a reference to its root until it is freed itself,
 * by whoever that is: see anon_vma_fork() and __put_anon_vma() (v6.12).
 */
void child(struct folio *folio, struct anon_vma *anon_vma,
	   struct anon_vma *child_anon_vma, spinlock_t *ptl)
{
	WRITE_ONCE(folio->mapping, child_anon_vma + PAGE_MAPPING_ANON);
	spin_lock(ptl);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	if (atomic_dec_and_test(&child_anon_vma->refcount))
		put_anon_vma(anon_vma);
	else
		keep(anon_vma);
}

/* Broken on purpose: a child that gives up its root as soon as it has a folio of its own. */
void child_without_root(struct folio *folio, struct anon_vma *anon_vma,
			struct anon_vma *child_anon_vma, spinlock_t *ptl)
{
	WRITE_ONCE(folio->mapping, child_anon_vma + PAGE_MAPPING_ANON);
	put_anon_vma(anon_vma);
	spin_lock(ptl);
	folio_remove_rmap_pte(folio, page, vma);
	spin_unlock(ptl);
	put_anon_vma(child_anon_vma);
}

/* The parent, which does not map the folio any more, exits. */
void parent(struct anon_vma *anon_vma)
{
	put_anon_vma(anon_vma);
}
