/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, each of the others leaves one thing out and must be found out.
 */

/* As vma_start_read() does it: a look at the numbers, the lock, another look. */
bool start_read(struct vm_area_struct *vma)
{
	if (READ_ONCE(vma->vm_lock_seq) == READ_ONCE(vma->vm_mm->mm_lock_seq.sequence))
		return false;
	if (!down_read_trylock(&vma->vm_lock->lock))
		return false;
	if (vma->vm_lock_seq == raw_read_seqcount(&vma->vm_mm->mm_lock_seq)) {
		up_read(&vma->vm_lock->lock);
		return false;
	}
	return true;
}

/* What others call: it looks into the area. */
bool vma_start_read(struct vm_area_struct *vma)
{
	use(vma);
	return start_read(vma);
}

/* As lock_vma_under_rcu() does it. */
struct vm_area_struct *lock_vma(struct ma_state *mas)
{
	struct vm_area_struct *vma;

	rcu_read_lock();
retry:
	vma = mas_walk(mas);
	if (!vma || !vma_start_read(vma)) {
		vma = NULL;
		goto out;
	}
	if (vma->detached) {
		vma_end_read(vma);
		goto retry;
	}
out:
	rcu_read_unlock();
	return vma;
}

/* The look before the lock only saves the trylock. */
bool lock_first(struct vm_area_struct *vma)
{
	if (!down_read_trylock(&vma->vm_lock->lock))
		return false;
	if (vma->vm_lock_seq == raw_read_seqcount(&vma->vm_mm->mm_lock_seq)) {
		up_read(&vma->vm_lock->lock);
		return false;
	}
	return true;
}

/* Broken on purpose: keeps the lock it says it has not. */
bool keeps_lock(struct vm_area_struct *vma)
{
	if (!down_read_trylock(&vma->vm_lock->lock))
		return false;
	if (vma->vm_lock_seq == raw_read_seqcount(&vma->vm_mm->mm_lock_seq))
		return false;
	return true;
}

/*
 * Broken on purpose: looks at the numbers before it has the lock, and a writer
 * that is done with the rwsem, but not with the area, comes between.
 */
bool look_before_lock(struct vm_area_struct *vma)
{
	if (vma->vm_lock_seq == raw_read_seqcount(&vma->vm_mm->mm_lock_seq))
		return false;
	if (!down_read_trylock(&vma->vm_lock->lock))
		return false;
	return true;
}
