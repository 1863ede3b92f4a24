/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page fault under the lock of the area alone: finds the area under RCU,
 * locks it, asks whether it was taken out of the tree meanwhile, and only then
 * leaves RCU.  While the rwsem is let go the area must stay, so that this is
 * done under RCU again.  Read from lock_vma_under_rcu() and vma_end_read()
 * (v6.12).
 */
void fault(struct vm_area_struct *vma)
{
	rcu_read_lock();
	if (!READ_ONCE(vma->vm_mm->mm_mt.entry))
		goto out;
	use(vma);
	if (!subject())
		goto out;
	use(vma);
	if (vma->detached)
		goto unlock;
	ghost->reading = 1;
	rcu_read_unlock();
	use(vma);
	ghost->reading = 0;
	rcu_read_lock();
unlock:
	up_read(&vma->vm_lock->lock);
	use(vma);
out:
	rcu_read_unlock();
}

/* The same where the function under review is lock_vma_under_rcu(). */
void fault_with_area(struct vm_area_struct *vma)
{
	if (!subject())
		return;
	ghost->reading = 1;
	use(vma);
	ghost->reading = 0;
	vma_end_read(vma);
}

/* Drops the lock of an area, which may go as soon as others can have it. */
void vma_end_read(struct vm_area_struct *vma)
{
	rcu_read_lock();
	up_read(&vma->vm_lock->lock);
	use(vma);
	rcu_read_unlock();
}

/* The area of the tree at an address. */
struct vm_area_struct *mas_walk(struct ma_state *mas)
{
	return READ_ONCE(vma->vm_mm->mm_mt.entry);
}

/* Broken on purpose: takes the area for one of the tree because it got its lock. */
void fault_without_detached(struct vm_area_struct *vma)
{
	rcu_read_lock();
	if (!READ_ONCE(vma->vm_mm->mm_mt.entry))
		goto out;
	use(vma);
	if (!subject())
		goto out;
	ghost->reading = 1;
	rcu_read_unlock();
	use(vma);
	ghost->reading = 0;
	rcu_read_lock();
	up_read(&vma->vm_lock->lock);
	use(vma);
out:
	rcu_read_unlock();
}

/* Broken on purpose: lets the rwsem go outside of RCU. */
void fault_plain_unlock(struct vm_area_struct *vma)
{
	rcu_read_lock();
	if (!READ_ONCE(vma->vm_mm->mm_mt.entry))
		goto out;
	use(vma);
	if (!subject())
		goto out;
	use(vma);
	if (vma->detached) {
		up_read(&vma->vm_lock->lock);
		use(vma);
		goto out;
	}
	ghost->reading = 1;
	rcu_read_unlock();
	use(vma);
	ghost->reading = 0;
	up_read(&vma->vm_lock->lock);
	use(vma);
	return;
out:
	rcu_read_unlock();
}

/*
 * Marks the area as written to until the number of the mm changes: waits for
 * the readers inside and leaves the number, so that the next ones stay out.
 * As vma_start_write() (v6.12).
 */
void start_write(struct vm_area_struct *vma)
{
	unsigned int seq = vma->vm_mm->mm_lock_seq.sequence;

	if (vma->vm_lock_seq == seq)
		return;
	down_write(&vma->vm_lock->lock);
	WRITE_ONCE(vma->vm_lock_seq, seq);
	up_write(&vma->vm_lock->lock);
}

/* mmap_write_lock() and mmap_write_unlock() (v6.12), with their numbers. */
void lock_mm(struct vm_area_struct *vma)
{
	down_write(&vma->vm_mm->mmap_lock);
	mm_lock_seqcount_begin(vma->vm_mm);
}

void unlock_mm(struct vm_area_struct *vma)
{
	mm_lock_seqcount_end(vma->vm_mm);
	up_write(&vma->vm_mm->mmap_lock);
}

/* mprotect() and the like: change the area and leave it in the tree. */
void mprotect(struct vm_area_struct *vma)
{
	lock_mm(vma);
	if (vma->vm_mm->mm_mt.entry) {
		start_write(vma);
		ghost->writing = 1;
		use(vma);
		ghost->writing = 0;
	}
	unlock_mm(vma);
}

/* Broken on purpose: leaves the number without waiting for readers. */
void mprotect_without_rwsem(struct vm_area_struct *vma)
{
	lock_mm(vma);
	if (vma->vm_mm->mm_mt.entry) {
		WRITE_ONCE(vma->vm_lock_seq, vma->vm_mm->mm_lock_seq.sequence);
		ghost->writing = 1;
		use(vma);
		ghost->writing = 0;
	}
	unlock_mm(vma);
}

/* Broken on purpose: changes the number, and so lets readers in, while it still writes. */
void mprotect_ends_early(struct vm_area_struct *vma)
{
	lock_mm(vma);
	if (vma->vm_mm->mm_mt.entry) {
		start_write(vma);
		ghost->writing = 1;
		mm_lock_seqcount_end(vma->vm_mm);
		use(vma);
		ghost->writing = 0;
	}
	up_write(&vma->vm_mm->mmap_lock);
}

/*
 * munmap(): marks the area, takes it out of the tree, and frees it after a
 * grace period.  Read from vms_gather_munmap_vmas(), do_vmi_align_munmap() and
 * vm_area_free() (v6.12).
 */
void munmap(struct vm_area_struct *vma)
{
	lock_mm(vma);
	if (!vma->vm_mm->mm_mt.entry)
		goto out;
	start_write(vma);
	ghost->writing = 1;
	vma->detached = 1;
	vma->vm_mm->mm_mt.entry = 0;
	ghost->writing = 0;
	unlock_mm(vma);
	kfree_rcu(vma, vm_rcu);
	return;
out:
	unlock_mm(vma);
}
