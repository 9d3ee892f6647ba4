/* product.h - two words mixed into one: the halves of their product, folded. After wyhash, by Wang Yi. */
#ifndef PM_PRODUCT_H
#define PM_PRODUCT_H

#include <stdint.h>

static inline uint64_t pm_product(uint64_t a, uint64_t b) {
	__extension__ typedef unsigned __int128 product;
	product p = (product)a * b;
	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

#endif
