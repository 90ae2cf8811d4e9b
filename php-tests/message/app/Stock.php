<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\{Body, Controller, Get, Length, Middleware, Query, Range, Tcp, Udp};
use Highper\Http\{Forbidden, NotFound, Request, Response};

final readonly class Change
{
    public function __construct(#[Range(1, 100)] public int $by, #[Length(1, 20)] public string $reason = 'none')
    {
    }
}

/** A middleware of everything: refuses what says so, and adds to answers. */
final class Gate
{
    public static int $seen = 0;

    public function __invoke(Request $request, \Closure $next): Response
    {
        self::$seen++;
        if ($request->query('secret') === 'wrong') {
            throw new Forbidden('not you');
        }

        return $next($request);
    }
}

#[Controller('/stock'), Middleware(Gate::class)]
final class Stock
{
    /** @var array<string, int> */
    private array $count = ['nails' => 5];

    #[Get('/{item}'), Tcp('/{item}'), Udp('/{item}')]
    public function count(string $item): array
    {
        return ['item' => $item, 'count' => $this->count[$item] ?? throw new NotFound("no {$item} here")];
    }

    #[Tcp('/{item}/add')]
    public function add(string $item, #[Body] Change $change, Request $request): array
    {
        $this->count[$item] = ($this->count[$item] ?? 0) + $change->by;

        return ['count' => $this->count[$item], 'by' => $request->method(), 'ip' => $request->ip(), 'reason' => $change->reason];
    }

    #[Udp('/{item}/lost')]
    public function lost(string $item): void
    {
        $this->count[$item]--;
    }

    #[Tcp('/page')]
    public function page(#[Query] int $page = 1): string
    {
        return "page {$page}";
    }

    #[Tcp('/slow/{n}')]
    public function slow(int $n): string
    {
        usleep(2000 * (5 - $n));

        return "slow {$n}";
    }

    #[Tcp('/raw')]
    public function raw(Request $request): string
    {
        return strtoupper($request->body());
    }

    #[Tcp('/lines')]
    public function lines(): string
    {
        return "two\nlines";
    }

    #[Tcp('/generated')]
    public function generated(): Response
    {
        return Response::stream((function () {
            yield 'one,';
            usleep(1000);
            yield 'two';
        })());
    }

    #[Tcp('/large')]
    public function large(): string
    {
        return str_repeat('L', 3 << 20);
    }

    #[Tcp('/throws')]
    public function throws(): never
    {
        throw new \LogicException('a secret of the server');
    }
}
