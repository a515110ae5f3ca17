/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest command: peak memory is that of the largest process of a run, and a busybox would
 * be larger than the runtime.
 */
int main(void)
{
	return 0;
}
