<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\{Body, Controller, Get, Post, Status};

#[Controller]
final readonly class HelloController
{
    public function __construct(private Greetings $greetings) {}

    /** @return array{message: string} */
    #[Get('/hello/{name}')]
    public function hello(string $name): array
    {
        return ['message' => $this->greetings->for($name)];
    }

    #[Post('/guests'), Status(201)]
    public function add(#[Body] Guest $guest): Guest
    {
        return $guest;
    }
}
