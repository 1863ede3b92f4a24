/* SPDX-License-Identifier: GPL-2.0-only */
/* Types and calls the actors use; what the calls do is said in rules/kernel. */
typedef unsigned long pgoff_t;
typedef unsigned long pte_t;
typedef unsigned long swp_entry_t;
typedef int spinlock_t;
typedef int bool;
struct xarray;
struct address_space;
struct page;
struct folio;
