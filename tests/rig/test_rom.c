/* SPDX-License-Identifier: MIT */
#include "rig/rom.h"

#include <criterion/criterion.h>
#include <string.h>

static enum rom_state heard(const char *text)
{
	return rom_recognise(text, strlen(text));
}

Test(rom, firmware_and_noise_are_not_of_it)
{
	cr_assert_eq(rom_recognise(NULL, 0), ROM_NONE);
	cr_assert_eq(heard("\r\nready\r\n"), ROM_NONE);
	cr_assert_eq(heard("AT\r\r\n\r\nOK\r\n"), ROM_NONE);
	cr_assert_eq(rom_recognise("rl\0l\x9c\x9e|\0\x8cl\xe0", 11), ROM_NONE);
}

Test(rom, a_start_is_told_from_a_download)
{
	cr_assert_eq(heard("\r\n ets Jan  8 2013,rst cause:4, boot mode:(3,7)\r\n"), ROM_RESTARTS);
	cr_assert_eq(
		heard("rst:0x8 (TG1WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"), ROM_RESTARTS);
	cr_assert_eq(heard("\r\n ets Jan  8 2013,rst cause:2, boot mode:(1,6)\r\n"), ROM_DOWNLOAD);
	cr_assert_eq(heard("rst:0x1 (POWERON_RESET),boot:0x3 "
			   "(DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n"),
		ROM_DOWNLOAD);
	cr_assert_eq(heard("waiting for download\r\n"), ROM_DOWNLOAD);
}

Test(rom, the_loader_answers_in_frames)
{
	cr_assert_eq(rom_recognise("\0\xC0\x01\x08\x02\0", 6), ROM_DOWNLOAD);
	cr_assert_eq(rom_recognise("\xC0\x01", 2), ROM_NONE);
}

Test(rom, each_state_has_words)
{
	cr_assert_str_empty(rom_text(ROM_NONE));
	cr_assert_str_not_empty(rom_text(ROM_RESTARTS));
	cr_assert_not_null(strstr(rom_text(ROM_DOWNLOAD), "boot loader"));
}
