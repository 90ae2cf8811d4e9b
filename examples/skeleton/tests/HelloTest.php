<?php

declare(strict_types=1);

namespace App\Tests;

use App\Greetings;
use Highper\Testing\WithApplication;
use PHPUnit\Framework\TestCase;

final class HelloTest extends TestCase
{
    use WithApplication;

    public function testGreets(): void
    {
        $this->getJson('/hello/Ann')->assertOk()->assertExactJson(['message' => 'Hello, Ann!']);
    }

    public function testGreetsInAnotherWay(): void
    {
        $this->app->instance(Greetings::class, new Greetings('Welcome'));
        $this->getJson('/hello/Ann')->assertJsonPath('message', 'Welcome, Ann!');
    }

    public function testGuestsHaveANameAndAnAddress(): void
    {
        $this->postJson('/guests', ['name' => 'Ann', 'email' => 'ann@example.org'])->assertCreated();
        $this->postJson('/guests', ['name' => '', 'email' => 'nowhere'])->assertInvalid('name', 'email');
    }

    public function testPage(): void
    {
        $this->get('/index.html')->assertOk()->assertSee('It works.');
    }
}
