// Typed row ids: a ContactId never passes for a CampaignId.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace smscrm {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using TenantId = Id<struct TenantTag>;
using AccountId = Id<struct AccountTag>;
using SenderId = Id<struct SenderTag>;
using ContactId = Id<struct ContactTag>;
using ListId = Id<struct ListTag>;
using ImportId = Id<struct ImportTag>;
using TemplateId = Id<struct TemplateTag>;
using CampaignId = Id<struct CampaignTag>;
using MessageId = Id<struct MessageTag>;
using InboundId = Id<struct InboundTag>;
using LinkId = Id<struct LinkTag>;

}  // namespace smscrm

template <class Tag>
struct std::hash<smscrm::Id<Tag>> {
  std::size_t operator()(const smscrm::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
