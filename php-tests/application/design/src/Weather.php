<?php

declare(strict_types=1);

namespace App;

class Weather
{
    public function today(): string
    {
        usleep((int) (getenv('WEATHER_TAKES') ?: 1000));

        return 'blue';
    }
}
