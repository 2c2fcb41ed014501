#include <inttypes.h>
#include <stdio.h>

#include "fan.h"
#include "lamp.h"

int main(void)
{
    uint32_t value = (uint32_t)LAMP_COLOR_AMBER << LAMP_CTRL_COLOR_SHIFT & LAMP_CTRL_COLOR_MASK;

    printf("ctrl at 0x%" PRIX64 " = 0x%" PRIX32 ", fan from 0x%" PRIX32 "\n", LAMP_CTRL_OFFSET,
           value | LAMP_CTRL_ON_OFF_MASK, FAN_SPEED_RESET);
    return 0;
}
