<?php

namespace Bench;

use Highper\Attribute\Email;
use Highper\Attribute\In;
use Highper\Attribute\Length;
use Highper\Attribute\Range;
use Highper\Attribute\Uuid;

/** Ten fields, each with a rule. */
final readonly class Order
{
    public function __construct(
        #[Uuid] public string $id,
        #[Length(1, 100)] public string $customer,
        #[Email] public string $email,
        #[Length(1, 200)] public string $street,
        #[Length(1, 80)] public string $city,
        #[Length(3, 10)] public string $zip,
        #[Range(1, 1000)] public int $count,
        #[Range(0)] public float $price,
        #[In(['post', 'courier'])] public string $delivery = 'post',
        #[Length(max: 500)] public ?string $remark = null,
    ) {
    }
}
