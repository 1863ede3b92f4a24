/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions the scenario is tried on before it is believed: the first ones
 * must hold, each of the others leaves one thing out and must be found out.
 */

/* As get_fs_root_and_pwd_rcu() does it. */
void copy_and_retry(struct fs_struct *fs, struct path *root, struct path *pwd)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&fs->seq);
		*root = fs->root;
		*pwd = fs->pwd;
	} while (read_seqcount_retry(&fs->seq, seq));
}

/* Does not wait for a writer: the odd number it makes even never matches. */
void begin_without_waiting(struct fs_struct *fs, struct path *root, struct path *pwd)
{
	unsigned int seq;

	do {
		seq = raw_seqcount_begin(&fs->seq);
		*root = fs->root;
		*pwd = fs->pwd;
	} while (read_seqcount_retry(&fs->seq, seq));
}

/* Keeps the writers out. */
void copy_under_lock(struct fs_struct *fs, struct path *root, struct path *pwd)
{
	spin_lock(&fs->lock);
	*root = fs->root;
	*pwd = fs->pwd;
	spin_unlock(&fs->lock);
}

/* Broken on purpose: begins although a writer is inside. */
void begin_odd(struct fs_struct *fs, struct path *root, struct path *pwd)
{
	unsigned int seq;

	do {
		seq = raw_read_seqcount(&fs->seq);
		*root = fs->root;
		*pwd = fs->pwd;
	} while (read_seqcount_retry(&fs->seq, seq));
}

/* Broken on purpose: reads one of the two after it has asked. */
void read_after_retry(struct fs_struct *fs, struct path *root, struct path *pwd)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&fs->seq);
		*root = fs->root;
	} while (read_seqcount_retry(&fs->seq, seq));
	*pwd = fs->pwd;
}
