<?php

namespace Bench;

use Highper\Attribute\Body;
use Highper\Attribute\Controller;
use Highper\Attribute\Get;
use Highper\Attribute\Middleware;
use Highper\Attribute\Post;

/** Two injected services, a typed parameter, three middleware; an object of ten fields. */
#[Controller]
final class OrderController
{
    public function __construct(private readonly Prices $prices, private readonly Stock $stock)
    {
    }

    #[Get('/notes/pid')]
    public function pid(): array
    {
        return ['pid' => getmypid()];
    }

    #[Get('/orders/{id}'), Middleware(First::class, Second::class, Third::class)]
    public function show(int $id): array
    {
        return ['id' => $id, 'price' => $this->prices->of($id), 'left' => $this->stock->of($id)];
    }

    #[Post('/orders')]
    public function create(#[Body] Order $order): array
    {
        return ['customer' => $order->customer, 'count' => $order->count];
    }
}
