/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pivot_root(): both paths of a process change from the old root to the new
 * one, in one section of the writer and under the lock that keeps other
 * writers out.  Read from chroot_fs_refs() (v6.12); a path counts as one word.
 */
void chroot_fs_refs(struct fs_struct *fs, struct path *new_root)
{
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	fs->root = new_root;
	fs->pwd = new_root;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
}

/* Another one, back to the old root. */
void chroot_fs_refs_back(struct fs_struct *fs, struct path *old_root)
{
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	fs->root = old_root;
	fs->pwd = old_root;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
}

/* Broken on purpose: readers are not told. */
void write_without_count(struct fs_struct *fs, struct path *new_root)
{
	spin_lock(&fs->lock);
	fs->root = new_root;
	fs->pwd = new_root;
	spin_unlock(&fs->lock);
}

/* Broken on purpose: readers are told too late. */
void write_counts_late(struct fs_struct *fs, struct path *new_root)
{
	spin_lock(&fs->lock);
	fs->root = new_root;
	write_seqcount_begin(&fs->seq);
	fs->pwd = new_root;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
}

/* Broken on purpose: one section for each path. */
void write_in_two_sections(struct fs_struct *fs, struct path *new_root)
{
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	fs->root = new_root;
	write_seqcount_end(&fs->seq);
	write_seqcount_begin(&fs->seq);
	fs->pwd = new_root;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
}

/*
 * Broken on purpose: does not keep other writers out, so that the number is
 * even while both are inside.
 */
void write_without_lock(struct fs_struct *fs, struct path *new_root)
{
	write_seqcount_begin(&fs->seq);
	fs->root = new_root;
	fs->pwd = new_root;
	write_seqcount_end(&fs->seq);
}

/* Broken on purpose: a writer that never ends its section. */
void write_without_end(struct fs_struct *fs, struct path *new_root)
{
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	fs->root = new_root;
	fs->pwd = new_root;
	spin_unlock(&fs->lock);
}
