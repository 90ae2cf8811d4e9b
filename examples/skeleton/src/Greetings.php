<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\Config;

/** Made once for each worker, by its constructor's types. */
final readonly class Greetings
{
    public function __construct(#[Config('app.greeting')] private string $greeting) {}

    public function for(string $name): string
    {
        return "{$this->greeting}, {$name}!";
    }
}
